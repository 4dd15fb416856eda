import { metricsConfigSchema } from '@tender/kit'
import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'
import { jobsConfigSchema } from './jobs/jobsConfig.ts'
import { watchConfigSchema } from './probe/watchConfig.ts'

const multiaddr = z.string().min(1).max(512)
const seconds = (usual: number) => z.int().min(1).max(86_400).default(usual)

/** A monitor's configuration file. Holds no secret: the key comes from a keystore. */
export const monitorConfigSchema = z.strictObject({
  /** Where what it saw and signed is kept. Losing it may cost the stake: who forgot what it signed may sign twice. */
  stateDir: z.string().min(1),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  book: addressBookSchema,
  network: z.strictObject({
    /** Must be reachable by all other monitors. */
    listen: z.array(multiaddr).min(1).max(16).default(['/ip4/0.0.0.0/tcp/4100']),
    bootstrap: z.array(multiaddr).max(64).default([]),
    /** Multiaddrs with `/p2p/…` of relays through which it is reached, where it listens nowhere public. */
    relays: z.array(multiaddr).max(8).default([]),
    /** Multiaddrs under which it is reached, if a router or firewall changes those of `listen`. */
    announce: z.array(multiaddr).max(16).default([]),
  }),
  /** About the same in all monitors of a market, or they wait for each other. */
  era: z
    .strictObject({
      /** After an era's end, in which batches are exchanged before a leader proposes. */
      reportDelaySeconds: seconds(60),
      /** For how long one leader is waited for; longer than it takes to compute an era. */
      roundSeconds: seconds(120),
      /** For how many eras their data is kept and served; twice as many as a dispute may be old, or more. */
      keepEras: z.int().min(32).max(100_000).default(64),
    })
    .prefault({}),
  jobs: jobsConfigSchema,
  /** Absent: metrics are served nowhere. */
  metrics: metricsConfigSchema.optional(),
  ...watchConfigSchema.shape,
})

export type MonitorConfig = z.output<typeof monitorConfigSchema>
/** As written in a file: everything with a default may be left out. */
export type MonitorConfigFile = z.input<typeof monitorConfigSchema>
