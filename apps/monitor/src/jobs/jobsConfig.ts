import { z } from 'zod'

const amount = z.union(
  [
    z.bigint().min(0n),
    z
      .string()
      .regex(/^\d{1,29}$/)
      .transform(BigInt),
  ],
  'must be smallest units, as a decimal string',
)

/** What a monitor does as a validator of jobs. The defaults are for a machine that does other things too. */
export const jobsConfigSchema = z
  .strictObject({
    /** With what tasks are run again, each by its kind. `{}`: it judges no job. */
    drivers: z
      .strictObject({
        wasm: z.strictObject({}).optional(),
        docker: z
          .strictObject({
            /** The engine's socket. */
            socket: z.string().startsWith('/', 'must be an absolute path').default('/var/run/docker.sock'),
            /** What runs containers, such as `runsc` (gVisor). Absent: the engine's own choice. */
            runtime: z
              .string()
              .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'must be the name of a runtime that the engine knows')
              .optional(),
            /** Where logs and records are kept. Not the folder of a provider on the same machine. */
            stateDir: z.string().min(1).default('docker'),
          })
          .optional(),
      })
      .default({ wasm: {} }),
    /** A job whose tasks are expected to take longer to run again is left to others; so is one that does take longer. */
    mostSeconds: z.int().min(1).max(86_400).default(1_800),
    /** Most bytes that are fetched of one job: its bundle, and the outputs that are compared. */
    mostBytes: z
      .int()
      .min(1)
      .default(8 * 1024 ** 3),
    /** Most bytes of all jobs that are kept while they are judged. */
    storeBytes: z
      .int()
      .min(1)
      .default(32 * 1024 ** 3),
    /** What an hour of running again must pay this monitor at least: smallest units of the lease's asset. */
    leastFeePerHour: amount.default(0n),
  })
  .prefault({})

export type JobsConfig = z.output<typeof jobsConfigSchema>
