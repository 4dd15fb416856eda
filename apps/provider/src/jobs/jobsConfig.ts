import { availableParallelism } from 'node:os'
import { z } from 'zod'

const GIBIBYTE = 1024 ** 3

/** How a provider takes and keeps jobs. */
export const jobsConfigSchema = z.strictObject({
  /** Most bytes of the inputs of one job, which are fetched before it begins. */
  maxBundleBytes: z
    .int()
    .min(0)
    .default(10 * GIBIBYTE),
  /** Most bytes of all bundles, outputs and results together. */
  maxStoreBytes: z
    .int()
    .min(0)
    .default(100 * GIBIBYTE),
  /** Thousandths of cores that tasks may take, all jobs together; absent: all of the host's. */
  mostCpuMillis: z
    .int()
    .min(1)
    .default(() => availableParallelism() * 1_000),
  /**
   * What is done is committed to on the chain after so many tasks, or so many seconds, whichever comes first. Each time costs gas.
   * Ten minutes: what nobody committed to may have been copied, so a result with few of them is worth less trust.
   */
  progressEveryTasks: z.int().min(1).default(1_000),
  progressEverySeconds: z.int().min(1).default(600),
  /** How long bundle, outputs and result of a job are kept and served after its end. Three days: a weekend, and some. */
  keepSeconds: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(3 * 86_400),
})
