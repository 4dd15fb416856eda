import { z } from 'zod'

/** Containers, on a Docker Engine of this machine. */
const dockerSchema = z.strictObject({
  /** The engine's socket. */
  socket: z.string().startsWith('/', 'must be an absolute path').default('/var/run/docker.sock'),
  /** What runs containers, such as `runsc` (gVisor). Absent: the engine's own choice. */
  runtime: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'must be the name of a runtime that the engine knows')
    .optional(),
  /** Where volumes, logs and records are kept; a relative path is meant from `stateDir`. */
  stateDir: z.string().min(1).default('docker'),
  /** Whether workloads that ask for it may reach the internet (never this machine or its own network). */
  internet: z.boolean().default(true),
  /** Each lease has a network out of it; it must not overlap with any that this host uses. */
  subnetPool: z.cidrv4().optional(),
  /** More addresses or ranges that no workload may reach, beside all private ones. */
  forbidden: z
    .array(z.union([z.cidrv4(), z.ipv4()]))
    .max(256)
    .optional(),
  /** Registries in private networks from which images may come all the same, as `host` or `host:port`. */
  registries: z.array(z.string().min(1).max(255)).max(16).optional(),
})

/** What this host runs. Each driver by its kind; one that is not named is not there. */
export const driversSchema = z
  .strictObject({ wasm: z.strictObject({}).optional(), docker: dockerSchema.optional() })
  .default({ wasm: {} })

export type DockerConfig = z.output<typeof dockerSchema>
