import { z } from 'zod'
import {
  accountSchema,
  amountSchema,
  blockSchema,
  bpsSchema,
  countSchema,
  eraNumberSchema,
  hashSchema,
  hexSchema,
  idSchema,
  pageOf,
  placed,
  secondsSchema,
  timeSchema,
} from './common.ts'
import { scoreInputsSchema } from './provider.ts'

export const eraStateSchema = z
  .enum(['pending', 'effective', 'vetoed'])
  .describe(
    'pending: posted, governance can still veto. effective: leases are settled by it. vetoed: it counts for nothing',
  )

export const signerSchema = z
  .object({
    monitor: accountSchema,
    weight: countSchema.describe('What it counted when it signed, whole stake tokens'),
  })
  .meta({ id: 'Signer', description: 'A monitor that signed a report' })

/** What a report's data say, recomputed by the gateway from what monitors published. */
export const eraLeavesSchema = z
  .object({
    total: countSchema,
    lease: countSchema,
    credit: countSchema,
    provider: countSchema,
    monitor: countSchema.describe('Rewards of monitors'),
    monitorSlash: countSchema,
    dispute: countSchema,
  })
  .meta({ id: 'EraLeaves', description: "How many leaves a report's tree has, by kind" })

export const eraSchema = z
  .object({
    era: eraNumberSchema,
    state: eraStateSchema,
    attempt: countSchema.describe('Raised by a veto'),
    round: countSchema.describe('Raised when a leader was replaced'),
    from: timeSchema.describe('What it covers begins where the report before ends'),
    coveredUntil: timeSchema.describe('What it covers ends here'),
    root: hashSchema.describe("Root of the tree over the era's leaves"),
    dataHash: hashSchema.describe('Hash of the data set that the root can be rebuilt from'),
    postedAt: timeSchema,
    effectiveAt: timeSchema.describe('When it takes or took effect, unless vetoed'),
    signers: z.array(signerSchema).max(256).describe('By rising index'),
    signedWeight: countSchema.describe('Their weight, whole stake tokens'),
    totalWeight: countSchema.describe("All monitors' weight then, whole stake tokens; more than two thirds must sign"),
    leaves: eraLeavesSchema.nullable().describe("From the era's data; null: the gateway does not have them yet"),
    vetoTx: hashSchema.nullable().describe('Transaction of the veto'),
    ...placed,
  })
  .meta({ id: 'Era', description: "An era's report; tx posted it" })

export const erasSchema = pageOf(eraSchema).meta({ id: 'EraPage', description: "Eras' reports, the newest first" })

const proofFields = {
  era: eraNumberSchema,
  root: hashSchema.describe("The report's root on the chain"),
  encoded: hexSchema.describe('The leaf as the contract encodes it, abi.encode; its double keccak256 is `hash`'),
  hash: hashSchema.describe('Hash of the leaf'),
  proof: z
    .array(hashSchema)
    .max(64)
    .describe('Sibling hashes from the leaf to the root, each pair sorted before it is hashed'),
  ...placed,
}

/** Everything that shows what a report says of a lease. */
export const leaseProofSchema = z
  .object({
    ...proofFields,
    leaf: z.object({
      kind: z.literal('lease'),
      lease: hashSchema,
      served: secondsSchema.describe('Served in all, cumulative, seconds'),
    }),
    metric: z
      .object({
        dueSeconds: secondsSchema.describe('Seconds of the era in which it was to serve'),
        servedSeconds: secondsSchema.describe('Of those, how many it did'),
        lostSeconds: secondsSchema.describe('After a stop that its provider caused'),
        upBps: bpsSchema.nullable().describe('Median over its monitors; null: too few saw it'),
        latencyMs: countSchema.nullable().describe('Median response time, ms'),
        spreadMs: countSchema.nullable().describe('How far the 90th percentile lies above it, ms'),
        assigned: z.array(accountSchema).max(256).describe('Monitors drawn for it'),
        seenBy: z.array(accountSchema).max(256).describe('Those of them that saw enough'),
      })
      .nullable()
      .describe('What the monitors agreed of it in this era, recomputed from their signed batches'),
  })
  .meta({ id: 'LeaseProof', description: 'What a report says of a lease, with the proof; tx posted the report' })

/** Everything that shows what a report says of a provider. */
export const providerProofSchema = z
  .object({
    ...proofFields,
    leaf: z.object({
      kind: z.literal('provider'),
      provider: idSchema,
      score: bpsSchema,
      rewards: amountSchema.describe("Cumulative, stake token's smallest units"),
      slashed: amountSchema.describe("Cumulative, stake token's smallest units"),
    }),
    inputs: scoreInputsSchema.nullable().describe('Recomputed from the same data'),
  })
  .meta({ id: 'ProviderProof', description: 'What a report says of a provider, with the proof; tx posted the report' })

/** A leaf of an era's tree, to look through. */
export const leafSchema = z
  .object({
    index: countSchema.describe('Place in the tree'),
    kind: z.enum(['lease', 'credit', 'provider', 'monitor', 'monitorSlash', 'dispute']),
    lease: hashSchema.nullable(),
    provider: idSchema.nullable(),
    account: accountSchema.nullable().describe('credit: the tenant. monitor, monitorSlash: the monitor'),
    asset: accountSchema.nullable().describe('monitor: asset of its rewards'),
    served: secondsSchema.nullable().describe('lease: seconds, cumulative'),
    score: bpsSchema.nullable().describe('provider'),
    amount: amountSchema.nullable().describe('credit, rewards or what is slashed: smallest units, cumulative'),
    slashed: amountSchema.nullable().describe("provider: stake token's smallest units, cumulative"),
    upheld: z.boolean().nullable().describe('dispute'),
    hash: hashSchema.describe('Hash of the leaf'),
  })
  .meta({ id: 'Leaf', description: "A leaf of a report's tree" })

export const leavesSchema = pageOf(leafSchema).meta({ id: 'LeafPage', description: 'Leaves in the order of the tree' })

/** A monitor. */
export const monitorSchema = z
  .object({
    key: accountSchema.describe('What it signs with'),
    index: z.int().min(0).max(255).nullable().describe('Its place in the list of signers; null: it left'),
    active: z.boolean().describe('Whether it has weight now or from a coming era'),
    weight: countSchema.describe('What counts before `nextFrom`, whole stake tokens'),
    nextWeight: countSchema.describe('What counts from `nextFrom` on, whole stake tokens'),
    nextFrom: eraNumberSchema
      .nullable()
      .describe('Era by the clock from which `nextWeight` counts, perhaps past; null: both are the same'),
    addresses: z.array(z.string().max(512)).max(64).describe('Where it says that it is dialled'),
    joinedAt: timeSchema,
    signed: countSchema.describe('Reports that it signed'),
    missed: countSchema.describe('Reports posted while it had weight that it did not sign'),
    slashed: amountSchema.describe("Taken from its stake so far, stake token's smallest units"),
    paid: z
      .array(z.object({ asset: accountSchema, amount: amountSchema }))
      .max(64)
      .describe('Rewards that it collected, by asset'),
    ...placed,
  })
  .meta({ id: 'Monitor', description: 'A staked node that probes leases and signs what it saw' })

export const monitorsSchema = z
  .object({ items: z.array(monitorSchema).max(512) })
  .meta({ id: 'Monitors', description: 'All monitors by index; at most 128 count at a time' })

/** A block. */
export const blockInfoSchema = z
  .object({ number: blockSchema, hash: hashSchema, timestamp: timeSchema })
  .meta({ id: 'Block', description: 'A block of the chain' })

export type EraState = z.output<typeof eraStateSchema>
export type Signer = z.output<typeof signerSchema>
export type Era = z.output<typeof eraSchema>
export type EraLeaves = z.output<typeof eraLeavesSchema>
export type LeaseProof = z.output<typeof leaseProofSchema>
export type ProviderProof = z.output<typeof providerProofSchema>
export type Leaf = z.output<typeof leafSchema>
export type Monitor = z.output<typeof monitorSchema>
export type Monitors = z.output<typeof monitorsSchema>
export type Block = z.output<typeof blockInfoSchema>
