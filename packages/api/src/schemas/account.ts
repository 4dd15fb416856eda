import { z } from 'zod'
import {
  accountSchema,
  amountSchema,
  blockSchema,
  changeSchema,
  countSchema,
  hashSchema,
  idSchema,
  pageOf,
  pageQuery,
  placed,
  timeSchema,
} from './common.ts'

export const balanceSchema = z
  .object({
    asset: accountSchema,
    available: amountSchema.describe("In escrow and free: asset's smallest units"),
    reserved: amountSchema.describe("Locked for auctions on the chain: asset's smallest units"),
    leased: amountSchema.describe("Held for leases of this account: asset's smallest units"),
  })
  .meta({ id: 'Balance', description: "An account's money in the market's escrow, in one asset" })

export const accountStakeSchema = z
  .object({
    pool: idSchema.describe('Number of the pool'),
    kind: z.enum(['provider', 'monitor', 'tenant']),
    provider: idSchema.nullable().describe('Of a provider: whose pool it is'),
    monitor: accountSchema.nullable().describe('Of a monitor: whose pool it is'),
    shares: amountSchema.describe('Shares of the pool'),
    value: amountSchema.describe("What they are worth now, stake token's smallest units"),
  })
  .meta({ id: 'AccountStake', description: 'What an account staked in one pool' })

export const unbondingSchema = z
  .object({
    request: idSchema,
    pool: idSchema,
    shares: amountSchema.describe('Shares that leave the pool; slashable until then'),
    availableAt: timeSchema.describe('From when they can be taken out'),
    ...placed,
  })
  .meta({ id: 'Unbonding', description: 'Stake that is on its way out' })

/** What the market holds for an account. What its wallet holds is on the chain for everyone to read. */
export const accountDetailSchema = z
  .object({
    address: accountSchema,
    balances: z.array(balanceSchema).max(64),
    stakes: z.array(accountStakeSchema).max(1024),
    unbonding: z.array(unbondingSchema).max(1024),
    rewards: z
      .array(z.object({ asset: accountSchema, amount: amountSchema.describe("Asset's smallest units") }))
      .max(64)
      .describe('Rewards that this account was paid as a monitor, by asset'),
    providers: z.array(idSchema).max(1024).describe('Providers that it owns'),
    operates: idSchema.nullable().describe('Provider whose operator key it is'),
    monitor: z.boolean().describe("Whether it is a monitor's key"),
    leases: z
      .object({ running: countSchema.describe('Not past their stop'), total: countSchema.describe('Ever opened') })
      .describe('Leases that it is the tenant of'),
  })
  .meta({ id: 'Account', description: 'What the market holds for an account' })

/** One movement of an account's money or stake. */
export const movementSchema = z
  .object({
    kind: z
      .enum([
        'deposited',
        'withdrawn',
        'reserved',
        'unreserved',
        'leaseOpened',
        'leaseExtended',
        'refunded',
        'earned',
        'credited',
        'staked',
        'unstakeRequested',
        'unstaked',
        'claimed',
        'rewarded',
        'commission',
        'slashed',
        'fee',
        'verifyFee',
        'given',
        'bonded',
        'bondReturned',
      ])
      .describe(
        'deposited, withdrawn: in and out of escrow. reserved, unreserved: locked for an auction on the chain. leaseOpened, leaseExtended: paid into a lease. ' +
          'refunded: back from a lease. earned: settled, less the fee. credited: compensation from stake. staked, unstakeRequested, unstaked: to, on the way out of and out of a pool. ' +
          "claimed: stake tokens that wait at the staking contract taken out. rewarded: paid by the reward wallet. commission: kept of a pool's rewards. slashed: taken from the pool. fee: the reward wallet's part of a settlement. " +
          "verifyFee: a job's fee or bond for its validators, from its tenant to the contract of jobs. given: from one account's balance to another's, as validators get theirs. " +
          'bonded, bondReturned: put down for a dispute and got back',
      ),
    ledger: z
      .enum(['escrow', 'stake', 'bond', 'wallet'])
      .describe(
        'What it changed. escrow: the available balance, of which these are all changes. stake: stake in pools. bond: bonds of disputes. wallet: paid straight to the account',
      ),
    at: timeSchema,
    asset: accountSchema.describe('The asset, or the stake token'),
    amount: changeSchema.describe(
      "Change of the balance (or of the stake): asset's smallest units, negative if it left",
    ),
    lease: hashSchema.nullable(),
    order: hashSchema.nullable(),
    provider: idSchema.nullable(),
    counterparty: accountSchema.nullable().describe('From whom or to whom, where that is another account'),
    logIndex: countSchema.describe('Place in its block'),
    ...placed,
  })
  .meta({ id: 'Movement', description: "One movement of an account's money or stake" })

export const movementsSchema = pageOf(movementSchema).meta({
  id: 'MovementPage',
  description: 'Movements, the newest first',
})

export const movementsQuery = z.strictObject({
  format: z.enum(['json', 'csv']).default('json').describe('csv: all of them at once, as a file'),
  ...pageQuery,
})

/** What one transaction did in this market. */
export const chainEventSchema = z
  .object({
    logIndex: countSchema.describe('Place in the block'),
    contract: accountSchema,
    contractName: z.string().max(64).describe("The contract's name in the market, e.g. leaseEscrow"),
    name: z.string().max(64).describe("The event's name, e.g. LeaseOpened"),
    args: z
      .record(z.string(), z.unknown())
      .describe('Its arguments by name; integers of more than 48 bits as decimal strings'),
  })
  .meta({ id: 'ChainEvent', description: "An event of the market's contracts" })

export const transactionSchema = z
  .object({
    hash: hashSchema,
    block: blockSchema,
    blockHash: hashSchema.nullable().describe('Null: the gateway keeps the hashes of the latest blocks only'),
    at: timeSchema,
    events: z.array(chainEventSchema).max(4096).describe("What it did in this market's contracts, in order"),
  })
  .meta({ id: 'Transaction', description: 'What one transaction did in this market' })

export type Balance = z.output<typeof balanceSchema>
export type AccountStake = z.output<typeof accountStakeSchema>
export type Unbonding = z.output<typeof unbondingSchema>
export type Account = z.output<typeof accountDetailSchema>
export type Movement = z.output<typeof movementSchema>
export type ChainEvent = z.output<typeof chainEventSchema>
export type Transaction = z.output<typeof transactionSchema>
