import { z } from 'zod'
import { readAmount } from '../money.ts'
import { parseDuration, parseSize } from '../units.ts'
import { MAX_TASKS, MAX_VALIDATORS } from './jobSchemas.ts'
import { readText } from './readText.ts'
import { shaped } from './written.ts'

// `x-tender.job`, as a tenant writes it.

/** What a task may write, if the file does not say. */
const DEFAULT_OUTPUT_BYTES = 1024 * 1024
const DEFAULT_VALIDATORS = 3

/** What the tasks of a job are: so many, an item each, or a file of the input each. */
export type WrittenTasks = { count: number } | { items: string[] } | { glob: string }

const item = z.union([z.string(), z.number()], 'must be a text').transform(String)
const tasks = shaped<WrittenTasks>((value) => {
  if (Array.isArray(value)) {
    const list = z.array(item).min(1, 'must have an item').max(MAX_TASKS, `must have at most ${MAX_TASKS} items`)
    return list.transform((items) => ({ items }))
  }
  if (typeof value === 'string') {
    const glob = z.string().min(1, 'must be a pattern such as frames/*.json').max(1024)
    return glob.transform((pattern) => ({ glob: pattern.replace(/^\.\//, '') }))
  }
  const number = z.int('must be a number of tasks, a list of items, or a pattern such as frames/*.json')
  return number
    .min(1, 'must be at least 1')
    .max(MAX_TASKS, `must be at most ${MAX_TASKS}`)
    .transform((count) => ({ count }))
})

const duration = readText('a duration such as 2h', parseDuration)
const size = readText('a size such as 16MiB', parseSize).refine((bytes) => bytes > 0, 'must be more than nothing')
const amount = readText('an amount such as 0.5 USDC', readAmount)

const output = z.strictObject({ max: size.default(DEFAULT_OUTPUT_BYTES) }, 'must be a map such as { max: 16MiB }')
const verify = z.strictObject(
  {
    sample: z.int('must be a number of tasks').min(1, 'must be at least 1').max(0xffff).optional(),
    validators: z
      .int('must be a number of validators')
      .min(1, 'must be at least 1')
      .max(MAX_VALIDATORS, `must be at most ${MAX_VALIDATORS}`)
      .default(DEFAULT_VALIDATORS),
    fee: amount,
    compare: z
      .string('must be bytes, or a module such as ./same.wasm')
      .regex(/^bytes$|^\.{0,2}\/.+\.wasm$/, 'must be bytes, or a module such as ./same.wasm')
      .default('bytes'),
  },
  'must be a map such as { sample: 5, fee: 0.5 USDC }',
)

const writtenJob = z.strictObject(
  {
    tasks,
    input: z
      .string('must be a folder such as ./scene')
      .regex(/^\.{0,2}\/./, 'must be a folder of yours that begins with ./ such as ./scene')
      .max(4096)
      .optional(),
    output: output.default({ max: DEFAULT_OUTPUT_BYTES }),
    deadline: duration.refine((seconds) => seconds > 0, 'must be a second or more'),
    verify,
    'cancel-fee': amount.optional(),
  },
  'must be a map such as { tasks: 100, deadline: 2h, verify: { fee: 0.5 USDC } }',
)

/** The keys that are read at each place of an `x-tender.job` block. */
export const jobKeys = {
  'x-tender.*': Object.keys(writtenJob.shape),
  'x-tender.*.output': Object.keys(output.shape),
  'x-tender.*.verify': Object.keys(verify.shape),
}

export const jobBlock = writtenJob.transform((written) => ({
  tasks: written.tasks,
  /** A folder of the tenant's own, relative to the Compose file; absent for none. */
  ...(written.input !== undefined && { input: written.input }),
  /** Most bytes of one task's output. */
  outputBytes: written.output.max,
  /** From the lease's start. */
  deadlineSeconds: written.deadline,
  /** Tasks of each lease that are re-executed; absent for what is usual. */
  ...(written.verify.sample !== undefined && { sample: written.verify.sample }),
  validators: written.verify.validators,
  /** For the validators of one lease together. */
  verifyFee: written.verify.fee,
  /** `bytes`, or the file of a comparator. */
  compare: written.verify.compare,
  /** What the provider keeps when the tenant cancels; absent for nothing. */
  ...(written['cancel-fee'] && { cancelFee: written['cancel-fee'] }),
}))

/** What a tenant asks of a job: the `x-tender.job` block. */
export type JobBlock = z.output<typeof jobBlock>
