import { z } from 'zod'
import {
  accountSchema,
  addressParam,
  amountSchema,
  blockSchema,
  bpsSchema,
  classNameSchema,
  countSchema,
  hashSchema,
  idParam,
  idSchema,
  pageOf,
  pageQuery,
  placed,
  secondsSchema,
  timeSchema,
} from './common.ts'
import { jobStateSchema, leaseEndSchema } from './lease.ts'

/** When something happened, and where in the chain it stands. */
const happened = { at: timeSchema.describe('When, unix seconds'), ...placed }

const indexSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
const taskSchema = indexSchema.describe('Number of a task, from 0')
const validatorsSchema = z.array(accountSchema).max(255).describe('Keys of monitors, in the order they were drawn')
const cidSchema = z
  .string()
  .regex(/^[A-Za-z0-9]{1,64}$/)
  .describe("Content id of the result's folder, as its provider says")

/** What tenant and provider agreed on. */
export const jobTermsSchema = z
  .object({
    tasks: countSchema.describe('Tasks of the whole order'),
    leaseTasks: countSchema.describe('Tasks of this lease: those whose number modulo its replicas is its index'),
    sample: countSchema.describe('How many of its tasks are executed again'),
    validators: countSchema.describe('How many monitors are drawn to do so'),
    comparator: hashSchema
      .nullable()
      .describe('SHA-256 of the module that compares outputs; null: they must be the same bytes'),
    deadlineSeconds: secondsSchema.describe("From the lease's start to the deadline, seconds"),
    deadline: timeSchema.describe('The result must be submitted before this second'),
    cancelFee: amountSchema.describe(
      "What the provider gets at most if the tenant cancels after it began: asset's smallest units",
    ),
    verifyFee: amountSchema.describe("For all validators together, beside the price: asset's smallest units"),
    inputs: hashSchema.describe("SHA-256 digest of the bundle's root CID"),
  })
  .meta({ id: 'AgreedJob', description: 'What tenant and provider of a job agreed on' })

export const jobStepSchema = z.object(happened).meta({ id: 'JobStep', description: 'When something happened to a job' })

export const jobProgressSchema = z
  .object({ root: hashSchema.describe('The last watermark then, which holds all before it'), ...happened })
  .meta({ id: 'JobProgress', description: 'What a provider committed to while it worked' })

export const jobResultSchema = z
  .object({
    root: hashSchema.describe('Merkle root over all watermarks'),
    cid: cidSchema.nullable().describe("Content id of the result's folder, as its provider says; null: it said none"),
    ...happened,
  })
  .meta({ id: 'JobResult', description: 'What a provider submitted' })

export const jobDrawSchema = z
  .object({
    seed: hashSchema.describe('What the sample follows from, and what its verdicts were to be signed for'),
    validators: validatorsSchema,
    ...happened,
  })
  .meta({ id: 'JobDraw', description: 'One drawing of validators' })

export const jobChallengeSchema = z
  .object({
    tasks: z.array(taskSchema).max(16).describe('Tasks that the validators shall execute again too'),
    seed: hashSchema.describe('What verdicts are signed for since'),
    ...happened,
  })
  .meta({ id: 'JobChallenge', description: 'Tasks that a tenant doubts' })

export const jobVerdictSchema = z
  .object({
    passed: z.boolean().describe('True: the result is good'),
    signers: validatorsSchema.describe('Validators who signed it'),
    ...happened,
  })
  .meta({ id: 'JobVerdict', description: 'What more than half of the validators signed' })

export const jobSplitSchema = z
  .object({ providerBps: bpsSchema.describe('What the provider got of the price, basis points'), ...happened })
  .meta({ id: 'JobSplit', description: 'How an undecided job was split' })

export const jobEndSchema = z
  .object({ ...leaseEndSchema.shape, ...happened })
  .meta({ id: 'JobEnd', description: 'How a job ended' })

const jobFields = {
  lease: hashSchema.describe("The lease's id, which is the job's"),
  state: jobStateSchema,
  order: hashSchema,
  index: z.int().min(0).max(65_535).describe('Which replica of its order it is'),
  tenant: accountSchema,
  provider: idSchema,
  asset: accountSchema.describe('What it is paid in'),
  class: classNameSchema,
  units: countSchema,
  terms: jobTermsSchema
    .nullable()
    .describe(
      "From its begin; before that from the order's brief if that was gossiped here, checked against the lease",
    ),
  start: timeSchema.describe("The lease's start, which the deadline counts from"),
  startUntil: timeSchema.describe('From then on the tenant may take back a job that was not begun'),
  begun: jobStepSchema.nullable().describe('When its provider had everything that it needs; null: not yet'),
  progress: jobProgressSchema.nullable().describe('The last one; null: none was posted'),
  result: jobResultSchema.nullable().describe('What was submitted; null: nothing yet'),
  anchor: blockSchema
    .nullable()
    .describe('The block whose hash draws, or drew, validators; null: nothing is submitted'),
  reanchors: countSchema.describe('New anchors of the present set, of at most 2'),
  draws: z
    .array(jobDrawSchema)
    .max(2)
    .describe('Sets of validators, the oldest first: a second one if the first came to nothing'),
  challenge: jobChallengeSchema.nullable().describe('Null: the tenant challenged nothing'),
  recalled: jobStepSchema.nullable().describe('When a second set was called for; null: it was not'),
  seed: hashSchema.nullable().describe('What verdicts are signed for, or were last; null: nothing is drawn'),
  drawUntil: timeSchema.nullable().describe('Validators can be drawn before this second; null: none are to be'),
  challengeUntil: timeSchema
    .nullable()
    .describe('The tenant may challenge before this second, and a good verdict waits for it; null: not now'),
  verdictUntil: timeSchema.nullable().describe('A verdict counts before this second; null: none is awaited'),
  verdict: jobVerdictSchema.nullable().describe('Null: no verdict ended it'),
  split: jobSplitSchema.nullable().describe('Null: it was not split'),
  ended: jobEndSchema.nullable().describe('Why and when it ended; null: it did not'),
  price: amountSchema.describe("What was put down for it: asset's smallest units"),
  paid: amountSchema.describe("Of the price to the provider, net of the fee: asset's smallest units"),
  fee: amountSchema.describe("Of the price to the reward wallet: asset's smallest units"),
  refunded: amountSchema.describe("Of the price back to the tenant: asset's smallest units"),
  charged: amountSchema.describe(
    "Verify fee and a challenge's bond, taken from the tenant beside the price: asset's smallest units",
  ),
  toValidators: amountSchema.describe("Of what was charged to validators: asset's smallest units"),
  returned: amountSchema.describe("Of what was charged back to the tenant: asset's smallest units"),
  penalised: amountSchema.describe("Taken from the provider's stake for it: stake token's smallest units"),
  tx: placed.tx.describe('Transaction that opened it'),
  block: placed.block,
}

/** A job: what was agreed, how it stands, and its money. */
export const jobSchema = z
  .object(jobFields)
  .meta({ id: 'Job', description: 'A job: what was agreed, how it stands, and its money' })

/** One thing that happened to a job on the chain. */
export const jobEventSchema = z
  .object({
    kind: z
      .enum([
        ...(['opened', 'begun', 'progressed', 'submitted', 'reanchored', 'drawn', 'challenged', 'recalled'] as const),
        ...(['judged', 'split', 'ended'] as const),
      ])
      .describe(
        'opened: the price went in. begun: its provider has everything. progressed: it committed to what is done. submitted: to the ' +
          'result. reanchored: the draw came too late and has a new block. drawn: validators are known. challenged: the tenant doubts ' +
          'tasks. recalled: no verdict came, a second set is to be drawn. judged: a verdict. split: nobody decided. ended: all is paid',
      ),
    root: hashSchema.nullable().describe('progressed: the last watermark. submitted: root over all of them'),
    cid: cidSchema.nullable().describe("submitted: content id of the result's folder"),
    anchor: blockSchema.nullable().describe('submitted, reanchored, recalled: block whose hash draws'),
    seed: hashSchema.nullable().describe('drawn, challenged: what verdicts are signed for since'),
    validators: validatorsSchema.describe('drawn: who was drawn. judged: who signed. Else empty'),
    tasks: z.array(taskSchema).max(16).describe('challenged: which. Else empty'),
    passed: z.boolean().nullable().describe('judged: whether the result is good'),
    providerBps: bpsSchema.nullable().describe('split: what the provider got of the price, basis points'),
    end: leaseEndSchema.nullable().describe('ended: why'),
    logIndex: countSchema.describe('Place in its block'),
    ...happened,
  })
  .meta({ id: 'JobEvent', description: 'One thing that happened to a job on the chain' })

export const jobDetailSchema = z
  .object({
    ...jobFields,
    events: z.array(jobEventSchema).max(1000).describe('What happened to it, the oldest first, at most 1000'),
  })
  .meta({ id: 'JobDetail', description: 'A job with everything that happened to it' })

export const jobsSchema = pageOf(jobSchema).meta({ id: 'JobPage', description: 'Jobs, the newest first' })

export const jobsQuery = z.strictObject({
  tenant: addressParam.optional().describe('Only of this tenant'),
  provider: idParam.optional().describe('Only of this provider'),
  state: jobStateSchema.optional(),
  ...pageQuery,
})

export type Job = z.output<typeof jobSchema>
export type JobEvent = z.output<typeof jobEventSchema>
export type JobDetail = z.output<typeof jobDetailSchema>
