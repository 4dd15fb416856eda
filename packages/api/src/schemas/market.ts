import { z } from 'zod'
import {
  accountSchema,
  amountSchema,
  blockSchema,
  classNameSchema,
  hashSchema,
  hexSchema,
  secondsSchema,
  timeSchema,
} from './common.ts'

/** A token that pays or is staked. */
export const assetSchema = z
  .object({
    address: accountSchema.describe("The token's contract"),
    symbol: z.string().max(64).describe('What the token calls itself'),
    name: z.string().max(128).describe("The token's long name"),
    decimals: z.int().min(0).max(255).describe('One whole token is 10 ** decimals smallest units'),
    allowed: z.boolean().describe('Whether new orders may name it'),
    rate: amountSchema
      .nullable()
      .describe("Governed: stake tokens' smallest units for 10^18 of this asset's; null while none is set"),
  })
  .meta({ id: 'Asset', description: 'A token that pays or is staked' })

/** Where this gateway's own peer is reached. */
export const networkSchema = z
  .object({
    publicKey: hexSchema.describe("The peer's compressed secp256k1 key, as the gateway says"),
    addresses: z.array(z.string().max(512)).max(32).describe('Multiaddrs with /p2p/, the best first'),
    webSocketAddresses: z.array(z.string().max(512)).max(32).describe('Those of them that a page can dial'),
  })
  .meta({ id: 'Network', description: "Where the gateway's own peer is reached" })

/** How eras run. */
export const eraTimingSchema = z
  .object({
    eraSeconds: secondsSchema.describe('How long an era is meant to be'),
    genesis: timeSchema.describe('When reporting began'),
    activationDelaySeconds: secondsSchema.describe("Between a report's posting and its effect"),
    livenessEras: z.int().min(0).describe('So many eras without a report let leases be settled by time'),
  })
  .meta({ id: 'EraTiming', description: 'How eras run' })

/** What a page must know before anything else. */
export const marketSchema = z
  .object({
    chainId: z.int().positive().describe('EIP-155 chain id'),
    rpcUrl: z.string().max(2048).describe("A JSON-RPC endpoint that pages may use, from the gateway's settings"),
    deployBlock: blockSchema.describe('Nothing of this market is in an earlier block'),
    contracts: z
      .object({
        accessManager: accountSchema,
        stakeToken: accountSchema,
        providerRegistry: accountSchema,
        staking: accountSchema,
        capacityRegistry: accountSchema,
        leaseEscrow: accountSchema,
        orderBook: accountSchema,
        rewards: accountSchema,
        eraReports: accountSchema,
        jobs: accountSchema,
      })
      .describe("The market's contracts"),
    assets: z.array(assetSchema).max(64).describe('Assets that the market takes or took, the default first'),
    stakeToken: assetSchema.describe('What providers and monitors stake'),
    classes: z.array(classNameSchema).max(1024).describe('Listed resource classes'),
    eras: eraTimingSchema.nullable().describe('Null: this market has no monitors'),
    feeBps: z.int().min(0).max(10_000).describe('Of every settlement, to the reward wallet'),
    network: networkSchema.nullable().describe('Null: the gateway runs no peer'),
    indexed: z
      .object({ block: blockSchema, hash: hashSchema, timestamp: timeSchema })
      .nullable()
      .describe('Up to where the gateway has read the chain; null before its first block'),
    head: z
      .object({ block: blockSchema, timestamp: timeSchema })
      .nullable()
      .describe("The chain's latest block as the gateway last saw it"),
    embedded: z.boolean().describe('An embedded market on this machine, with ready-made accounts'),
  })
  .meta({ id: 'Market', description: 'Where the market is and how far the gateway knows it' })

/** A ready-made account of the embedded market. Its key is public on purpose: the chain is a toy. */
export const embeddedAccountSchema = z
  .object({
    name: z.string().max(64).describe('What it is for, e.g. tenant'),
    address: accountSchema,
    privateKey: hashSchema.describe('Its key: worth nothing anywhere else'),
  })
  .meta({ id: 'EmbeddedAccount', description: 'A ready-made account of an embedded market' })

export const embeddedAccountsSchema = z
  .object({ items: z.array(embeddedAccountSchema).max(32) })
  .meta({ id: 'EmbeddedAccounts', description: 'The ready-made accounts of an embedded market' })

export type Asset = z.output<typeof assetSchema>
export type Network = z.output<typeof networkSchema>
export type EraTiming = z.output<typeof eraTimingSchema>
export type Market = z.output<typeof marketSchema>
export type EmbeddedAccount = z.output<typeof embeddedAccountSchema>
export type EmbeddedAccounts = z.output<typeof embeddedAccountsSchema>
