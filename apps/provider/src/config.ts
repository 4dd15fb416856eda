import { tlsConfigSchema } from '@tender/ingress'
import { metricsConfigSchema } from '@tender/kit'
import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'
import { driversSchema } from './driversConfig.ts'
import { jobsConfigSchema } from './jobs/jobsConfig.ts'
import { salesSchema } from './market/saleConfig.ts'

const multiaddr = z.string().min(1).max(512)
const seconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

/** A provider's configuration file. Holds no secret: the operator key comes from a keystore. */
export const providerConfigSchema = z.strictObject({
  /** Where records, files and workloads are kept. */
  stateDir: z.string().min(1),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  book: addressBookSchema,
  network: z.strictObject({
    listen: z.array(multiaddr).max(16).default(['/ip4/0.0.0.0/tcp/4100']),
    bootstrap: z.array(multiaddr).max(64).default([]),
    /** Multiaddrs with `/p2p/…` of relays through which a provider is reached that listens nowhere public. */
    relays: z.array(multiaddr).max(8).default([]),
    /** Multiaddrs under which it is reached, if a router or firewall changes those of `listen`. */
    announce: z.array(multiaddr).max(16).default([]),
  }),
  ingress: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535),
    /** Leases answer at `http://<label>.<domain>:<port>`, with `tls` at `https://…`. */
    domain: z.string().default('localhost'),
    /** False: nobody reaches it from outside, tenants are told where its relays serve their leases. */
    public: z.boolean().default(true),
    tls: tlsConfigSchema.optional(),
  }),
  /** By resource class's short name. */
  sales: salesSchema,
  drivers: driversSchema,
  /** Monitors try whether committed units that nobody leased are there, by tasks that need their memory for a while. */
  capacity: z
    .strictObject({
      /** Most memory of all tasks together; absent: what no lease was promised. Less than that costs rewards. */
      mostMemoryBytes: z.int().min(0).optional(),
    })
    .prefault({}),
  /** Most bytes of files that come with one manifest. */
  maxBlobBytes: z
    .int()
    .min(0)
    .default(64 * 1024 ** 2),
  /** A settlement costs gas; this bounds what a crash of the chain's RPC can delay. */
  settleEverySeconds: z.int().min(1).default(3600),
  /** Stake tokens' smallest units: rewards are claimed once so much of them is due, since a claim costs gas. */
  claimRewardsFrom: z
    .union(
      [
        z.bigint(),
        z
          .string()
          .regex(/^\d{1,29}$/)
          .transform(BigInt),
      ],
      'must be smallest units, as a decimal string',
    )
    .default(10n ** 18n),
  /** How long an ended lease's log is kept, sealed to its agent. 7 days: a weekend must not hide why something broke. */
  keepEndedSeconds: seconds.default(7 * 86_400),
  /** How long an ended lease's volumes are kept for a lease that names it as its previous one. */
  keepVolumesSeconds: seconds.default(7 * 86_400),
  jobs: jobsConfigSchema.prefault({}),
  /** Absent: metrics are served nowhere. */
  metrics: metricsConfigSchema.optional(),
})

export type ProviderConfig = z.output<typeof providerConfigSchema>
/** As written in a file: everything with a default may be left out. */
export type ProviderConfigFile = z.input<typeof providerConfigSchema>
