import { z } from 'zod'
import { blobSchema, count, hash32, word } from './parts.ts'

/** Most tasks of one job. */
export const MAX_TASKS = 100_000

/** Most validators of one job; each re-executes the whole sample. */
export const MAX_VALIDATORS = 8

/** Longest item of a list of tasks, in characters. */
const MAX_ITEM_CHARACTERS = 1024

/** An amount in the asset's smallest unit: JSON has no numbers that are large enough. */
const amount = z
  .string()
  // What is no number must not come to the next check, which would throw.
  .regex(/^(0|[1-9]\d{0,28})$/, { error: 'must be a whole number in decimal digits', abort: true })
  .refine((digits) => BigInt(digits) < 1n << 96n, 'must be of 96 bits at most')

/** The public part of a job: what the order commits to beside the manifest, see `jobTermsOf`. */
export const jobBriefSchema = z.strictObject({
  terms: z.strictObject({
    tasks: z.int().min(1).max(MAX_TASKS),
    sample: z.int().min(1).max(0xffff),
    validators: z.int().min(1).max(MAX_VALIDATORS),
    comparator: hash32,
    deadlineSeconds: z.int().min(1).max(0xffff_ffff),
    cancelFee: amount,
    verifyFee: amount,
    inputs: hash32,
  }),
  /** Size of what a provider fetches before it begins: the bundle that `terms.inputs` names. */
  bundleBytes: count(Number.MAX_SAFE_INTEGER),
})

/** The private part of a job: how its one service is run, once for each task. */
export const jobSpecSchema = z.strictObject({
  /** How many, or an item for each, which it finds in `TENDER_ITEM`. */
  tasks: z.union([z.int().min(1).max(MAX_TASKS), z.array(word(MAX_ITEM_CHARACTERS)).min(1).max(MAX_TASKS)]),
  /** Most bytes of one task's output. */
  outputBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** Outputs have to be the same, byte by byte; or a module of the tenant's says whether they are. */
  compare: z.union([z.literal('bytes'), blobSchema]),
  /** Cards of one task; absent for none. */
  gpus: z.int().min(1).max(64).optional(),
  /** As in the brief: a validator has the bundle alone. */
  network: z.enum(['internet']).optional(),
})

export type JobBrief = z.infer<typeof jobBriefSchema>
export type JobSpec = z.infer<typeof jobSpecSchema>
