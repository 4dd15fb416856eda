import type { Handle } from '@tender/driver'
import type { LeaseEvidence, SignedStarted } from '@tender/network'
import {
  type Brief,
  briefSchema,
  bytes32Schema,
  type Extend,
  extendSchema,
  type Manifest,
  manifestSchema,
  type Order,
  orderSchema,
  publicKeySchema,
  type Session,
  sessionSchema,
  signatureSchema,
  startedSchema,
  type Terms,
  termsSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { ChainView } from './decide.ts'

/**
 * How far a lease's workload is here. `accepted`: the manifest is recorded, the start may have happened. `completed`: a
 * command ran to its end. `failed`: it cannot run or broke. `stopped`: nothing of it runs any more. `retired`: nothing of it is
 * there but its volumes.
 */
export const leasePhases = [
  'opened',
  'accepted',
  'running',
  'completed',
  'failed',
  'stopped',
  'retired',
  'destroyed',
] as const
export type LeasePhase = (typeof leasePhases)[number]

/** What the chain said of the lease when it was last asked, see `decide`. Times are unix seconds. */
const chainViewSchema = z.strictObject({
  start: z.int(),
  stop: z.int(),
  // Absent in records of earlier versions.
  endsEarly: z.boolean().default(false),
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

/** Secrets by name, each sealed to the operator's key: in clear they are in memory only, while a workload is started. */
export type SealedSecrets = Readonly<Record<string, Hex>>

const sealedSchema = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  // CAST: the pattern is the type
  .transform((value) => value as Hex)
const secretsSchema = z.record(z.string(), sealedSchema)

/** One state of a lease's Compose file. `revision` 0 is the ordered one, each update has a higher one. */
export type Version = { revision: number; manifest: Manifest; secrets: SealedSecrets }

const versionSchema = z.strictObject({ revision: z.int().min(0), manifest: manifestSchema, secrets: secretsSchema })

/** How the newest update went. `running`: it may have begun. */
export type UpdateState = { revision: number; state: 'running' | 'done' | 'failed'; reason?: string | undefined }

/** A tenant's signed permission to prolong its lease, and how much time it wants to have left always. */
export type KeptExtend = { permission: Extend; signature: Hex; runwaySeconds: number }

/** What a report says of a lease, proven by the report's root on the chain. */
export type Reported = {
  era: bigint
  /** Of that report, unix seconds. */
  coveredUntil: number
  /** Seconds since the lease's start. */
  served: number
  proof: readonly Hex[]
  /** What its provider owes the tenant for service below what was promised, stake tokens' smallest units; cumulative. */
  credit: bigint
}

const reportedSchema = z.strictObject({
  era: z.bigint(),
  coveredUntil: z.int(),
  served: z.int(),
  proof: z.array(bytes32Schema).readonly(),
  credit: z.bigint(),
})

const evidenceSchema: z.ZodType<LeaseEvidence> = z.strictObject({
  leaseId: bytes32Schema,
  reason: z.string(),
  endedAt: z.int(),
  exit: z.string().optional(),
  lastStatus: z.string().optional(),
  logTail: z.array(z.string()),
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
  /** Of `manifest`; absent: 0, the ordered one. */
  revision?: number | undefined
  /** That belong to `manifest`. */
  secrets?: SealedSecrets | undefined
  /** The brief that was ordered, by which updates are measured; absent: the manifest's. */
  ordered?: Brief | undefined
  handle?: Handle | undefined
  /** Why the workload failed or ended, one sentence. */
  reason?: string | undefined
  /** The tenant's newest session, if its agent changed. */
  session?: Session | undefined
  /** Compressed public key of the lease's agent: its archived log is sealed to it. */
  agentKey?: Hex | undefined
  /** When the workload was well for the first time, unix seconds. */
  readyAt?: number | undefined
  /** What was signed of that for monitors. */
  started?: SignedStarted | undefined
  /** Graphics cards that are its own, by the driver's names. */
  gpus?: readonly string[] | undefined
  /** The newer version that is to replace the one that runs. */
  pending?: Version | undefined
  /** The version that ran before this one, which runs again if this one cannot. */
  fallback?: Version | undefined
  update?: UpdateState | undefined
  extend?: KeptExtend | undefined
  /** This provider ends the lease, with the promised notice: why, one sentence. */
  interrupt?: { because: string } | undefined
  /** Why the chain says that the lease ended, in words. */
  endReason?: string | undefined
  /** What explains its end. */
  evidence?: LeaseEvidence | undefined
  /** The hash of `evidence` may be on the chain: it stays as it is, whatever comes. */
  evidenceSent?: boolean | undefined
  /** The sealed log, once it is kept. `until`: unix seconds. */
  archive?: { sizeBytes: number; until: number } | undefined
  /** Its volumes are still here although its workload is not. */
  keepsVolumes?: boolean | undefined
  /** What the newest report that tells of it says; kept, because who told it may be gone when it is needed. */
  reported?: Reported | undefined
}

export const leaseRecordSchema = z.strictObject({
  version: z.literal(1),
  leaseId: bytes32Schema,
  terms: termsSchema,
  order: orderSchema.optional(),
  phase: z.enum(leasePhases),
  chain: chainViewSchema,
  manifest: manifestSchema.optional(),
  revision: z.int().min(0).optional(),
  secrets: secretsSchema.optional(),
  ordered: briefSchema.optional(),
  handle: handleSchema.optional(),
  reason: z.string().optional(),
  session: sessionSchema.optional(),
  agentKey: publicKeySchema.optional(),
  readyAt: z.int().optional(),
  started: z.strictObject({ started: startedSchema, signature: signatureSchema }).optional(),
  gpus: z.array(z.string()).optional(),
  pending: versionSchema.optional(),
  fallback: versionSchema.optional(),
  update: z
    .strictObject({
      revision: z.int().min(0),
      state: z.enum(['running', 'done', 'failed']),
      reason: z.string().optional(),
    })
    .optional(),
  extend: z
    .strictObject({ permission: extendSchema, signature: signatureSchema, runwaySeconds: z.int().min(0) })
    .optional(),
  interrupt: z.strictObject({ because: z.string() }).optional(),
  endReason: z.string().optional(),
  evidence: evidenceSchema.optional(),
  evidenceSent: z.boolean().optional(),
  archive: z.strictObject({ sizeBytes: z.int(), until: z.int() }).optional(),
  keepsVolumes: z.boolean().optional(),
  reported: reportedSchema.optional(),
}) satisfies z.ZodType<LeaseRecord>

/** What runs, or is to run, now. */
export function versionOf({ manifest, revision = 0, secrets = {} }: LeaseRecord): Version | undefined {
  return manifest && { manifest, revision, secrets }
}
