import { z } from 'zod'

const milliseconds = (usual: number) => z.int().min(1).max(600_000).default(usual)
const mean = (usual: number) => z.number().min(0.05).max(86_400).default(usual)

/** How a monitor looks at leases and providers. The defaults are for a real network; see docs/monitoring.md for what follows. */
export const watchConfigSchema = z.strictObject({
  probe: z
    .strictObject({
      /** Between two visits of one lease by this monitor, on average. */
      meanSeconds: mean(15),
      timeoutMs: milliseconds(10_000),
      /** Address of this host from which visits go out; best one that nothing else of this monitor uses. */
      localAddress: z.union([z.ipv4(), z.ipv6()]).optional(),
      /** Visits leases at private addresses: only for a market within one network. */
      allowPrivate: z.boolean().default(false),
      mostAtOnce: z.int().min(1).max(10_000).default(256),
    })
    .prefault({}),
  challenge: z.strictObject({ meanSeconds: mean(60), deadlineMs: milliseconds(10_000) }).prefault({}),
  /** From one round of pings to the other monitors to the next. */
  pingEveryMs: milliseconds(2_000),
  /** A provider vanished when nothing of a lease answered for so long, over at least two rounds. */
  vanishedAfterSeconds: z.int().min(1).max(3_600).default(15),
  capacity: z
    .strictObject({
      /** In an era, on average; the same in all monitors of a market. */
      momentsPerEra: z.number().min(0).max(1_000).default(2),
      memoryKibPerUnit: z
        .int()
        .min(8)
        .max(64 * 1024 ** 2)
        .default(512 * 1024),
      passes: z.int().min(1).max(16).default(1),
      deadlineMs: milliseconds(60_000),
      /** Answers that are worked out again, of each task. */
      samples: z.int().min(1).max(64).default(2),
    })
    .prefault({}),
  /** How long probes are kept to be shown. 14 days: longer than a dispute may take. */
  keepSeconds: z
    .int()
    .min(60)
    .default(14 * 86_400),
})

export type WatchConfig = z.output<typeof watchConfigSchema>
