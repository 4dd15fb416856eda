import type { Handle } from '@tender/driver'
import {
  bytes32Schema,
  type Manifest,
  manifestSchema,
  type Order,
  orderSchema,
  type Session,
  sessionSchema,
  type Terms,
  termsSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { ChainView } from './decide.ts'

/**
 * How far a lease's workload is here. `accepted`: the manifest is recorded, the start may have happened. `completed`: a
 * command ran to its end. `failed`: it cannot run or broke. `stopped`: nothing of it runs any more.
 */
export const leasePhases = ['opened', 'accepted', 'running', 'completed', 'failed', 'stopped', 'destroyed'] as const
export type LeasePhase = (typeof leasePhases)[number]

/** What the chain said of the lease when it was last asked, see `decide`. Times are unix seconds. */
const chainViewSchema = z.strictObject({
  start: z.int(),
  stop: z.int(),
  settledUntil: z.int(),
  secondsPaid: z.int(),
  startWindowSeconds: z.int(),
  maxSilenceSeconds: z.int(),
  byTime: z.boolean(),
  resolved: z.boolean(),
  released: z.boolean(),
})

const handleSchema = z.strictObject({
  leaseId: bytes32Schema,
  driver: z.string(),
  version: z.int(),
  state: z.json(),
})

/** Everything a restarted provider needs to go on with a lease. */
export type LeaseRecord = {
  version: 1
  leaseId: Hex
  terms: Terms
  /** What the tenant asked; absent if this provider lost its records, and then nobody can prove to be the agent. */
  order?: Order | undefined
  phase: LeasePhase
  chain: ChainView
  manifest?: Manifest | undefined
  handle?: Handle | undefined
  /** Why the workload failed or ended, one sentence. */
  reason?: string | undefined
  /** The tenant's newest session, if its agent changed. */
  session?: Session | undefined
}

export const leaseRecordSchema = z.strictObject({
  version: z.literal(1),
  leaseId: bytes32Schema,
  terms: termsSchema,
  order: orderSchema.optional(),
  phase: z.enum(leasePhases),
  chain: chainViewSchema,
  manifest: manifestSchema.optional(),
  handle: handleSchema.optional(),
  reason: z.string().optional(),
  session: sessionSchema.optional(),
}) satisfies z.ZodType<LeaseRecord>
