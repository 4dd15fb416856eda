import { tlsConfigSchema } from '@tender/ingress'
import { addressSchema } from '@tender/protocol'
import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'

const multiaddr = z.string().min(1).max(512)
/** Smallest units of the asset, as a decimal string in JSON. */
const amount = z.union(
  [
    z.bigint(),
    z
      .string()
      .regex(/^\d{1,29}$/)
      .transform(BigInt),
  ],
  'must be smallest units per hour, as a decimal string',
)
const seconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const pricingSchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('fixed'), price: amount }),
  z
    .strictObject({ strategy: z.literal('utilisation'), idle: amount, full: amount })
    .refine(({ idle, full }) => idle <= full, { message: 'is below idle', path: ['full'] }),
])

/** How one resource class is sold. Prices in smallest units per unit and hour, durations in seconds. */
const saleSchema = z.strictObject({
  /** What it is paid in: one of the market's assets, the market's first if not said. */
  asset: addressSchema.optional(),
  pricing: pricingSchema,
  tier: z.enum(['interruptible', 'standard', 'premium']).default('standard'),
  minSeconds: seconds.default(0),
  /** 30 days: long enough for a service, short enough to change one's mind. */
  maxDuration: seconds.default(30 * 86_400),
  noticeSeconds: seconds.default(0),
})

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
  sales: z.record(z.string().max(32), saleSchema),
  /** Most bytes of files that come with one manifest. */
  maxBlobBytes: z
    .int()
    .min(0)
    .default(64 * 1024 ** 2),
  /** A settlement costs gas; this bounds what a crash of the chain's RPC can delay. */
  settleEverySeconds: z.int().min(1).default(3600),
  /** How long an ended lease's logs are kept. */
  keepEndedSeconds: seconds.default(3600),
})

export type ProviderConfig = z.output<typeof providerConfigSchema>
/** As written in a file: everything with a default may be left out. */
export type ProviderConfigFile = z.input<typeof providerConfigSchema>
