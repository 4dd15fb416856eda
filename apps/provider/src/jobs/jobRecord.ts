import {
  bytes32Schema,
  type JobTerms,
  jobTermsSchema,
  type Manifest,
  manifestSchema,
  type Order,
  orderSchema,
  publicKeySchema,
  type Session,
  sessionSchema,
  type Terms,
  tasksOfReplica,
  termsSchema,
} from '@tender/protocol'
import { jobStates } from '@tender/sdk'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { JobView } from './jobMarket.ts'

const jobViewSchema = z.strictObject({
  state: z.enum(jobStates),
  since: z.int(),
  anchor: z.int(),
  reanchors: z.int(),
  challenged: z.boolean(),
  commitment: bytes32Schema,
  drawUntil: z.int().optional(),
  noMonitors: z.boolean().optional(),
  challengeUntil: z.int().optional(),
  verdictUntil: z.int().optional(),
  begun: z.strictObject({ block: z.int(), blockHash: bytes32Schema }).optional(),
  block: z.int(),
}) satisfies z.ZodType<JobView>

/** Everything a restarted provider needs to go on with a job, but for the records of its tasks. */
export type JobRecord = {
  version: 1
  leaseId: Hex
  terms: Terms
  /** Absent if this provider lost its records: then it knows neither its share of the tasks nor who may ask about the job. */
  order?: Order | undefined
  jobTerms?: JobTerms | undefined
  /** Compressed public key of the lease's agent, which gives the bundle, and where it was last heard of. */
  agentKey?: Hex | undefined
  agentAddresses?: readonly string[] | undefined
  /** The tenant's newest session, if its agent changed. */
  session?: Session | undefined
  chain: JobView
  /** The chain rolled back from this block on: what was recorded with later ones has to be recorded anew. */
  rolledBackFrom?: number | undefined
  manifest?: Manifest | undefined
  /** The bundle is here, whole and checked. */
  bundled?: boolean | undefined
  /** Graphics cards that are its own, by the driver's names. */
  gpus?: readonly string[] | undefined
  /** Tasks that the last progress on the chain covers, and when it was sent, unix seconds. */
  progress?: { tasks: number; at: number } | undefined
  /** What is, or was, submitted. */
  result?: { root: Hex; cid: string } | undefined
  /** Why it cannot be run here, one sentence. */
  failed?: string | undefined
  /** Why the chain says that it ended, in words. */
  endReason?: string | undefined
  /** When it was seen to have ended, unix seconds. */
  endedAt?: number | undefined
  /** What its end brought, smallest units before the market's fee. */
  paid?: bigint | undefined
  /** Nothing of it is on the disk any more. */
  tidied?: boolean | undefined
}

export const jobRecordSchema = z.strictObject({
  version: z.literal(1),
  leaseId: bytes32Schema,
  terms: termsSchema,
  order: orderSchema.optional(),
  jobTerms: jobTermsSchema.optional(),
  agentKey: publicKeySchema.optional(),
  agentAddresses: z.array(z.string()).optional(),
  session: sessionSchema.optional(),
  chain: jobViewSchema,
  rolledBackFrom: z.int().optional(),
  manifest: manifestSchema.optional(),
  bundled: z.boolean().optional(),
  gpus: z.array(z.string()).optional(),
  progress: z.strictObject({ tasks: z.int(), at: z.int() }).optional(),
  result: z.strictObject({ root: bytes32Schema, cid: z.string() }).optional(),
  failed: z.string().optional(),
  endReason: z.string().optional(),
  endedAt: z.int().optional(),
  paid: z.bigint().optional(),
  tidied: z.boolean().optional(),
}) satisfies z.ZodType<JobRecord>

/** The tasks of the order that are this lease's, rising; none while the order or its terms are not known. */
export function tasksOf({ order, jobTerms, terms }: JobRecord): readonly number[] {
  return order && jobTerms ? tasksOfReplica(jobTerms.tasks, order.replicas, terms.index) : []
}

/** Until when it has to be submitted, unix seconds; `undefined` while its terms are not known. */
export function deadlineOf({ terms, jobTerms }: JobRecord): number | undefined {
  return jobTerms && terms.start + jobTerms.deadlineSeconds
}

/** How many of its tasks run at once: as many as the tenant asked for containers in one lease. */
export function tasksAtOnce({ manifest }: JobRecord): number {
  return manifest?.services[0]?.replicas ?? 1
}
