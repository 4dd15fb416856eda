import { tlsConfigSchema } from '@tender/ingress'
import { metricsConfigSchema } from '@tender/kit'
import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'

const multiaddr = z.string().min(1).max(512)
const count = (most: number, usual: number) => z.int().min(0).max(most).default(usual)

/** A relay's configuration file. Holds no secret: the key comes from a keystore. */
export const relayConfigSchema = z.strictObject({
  /** Where certificates are kept. */
  stateDir: z.string().min(1),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  book: addressBookSchema,
  network: z.strictObject({
    /** Must be reachable from everywhere. */
    listen: z.array(multiaddr).min(1).max(16).default(['/ip4/0.0.0.0/tcp/4100']),
    bootstrap: z.array(multiaddr).max(64).default([]),
    /** Multiaddrs under which it is reached, if a router or firewall changes those of `listen`. */
    announce: z.array(multiaddr).max(16).default([]),
  }),
  /** Where visitors of the leases of its providers come in; absent: nowhere, only peers are relayed. */
  ingress: z
    .strictObject({
      host: z.string().default('0.0.0.0'),
      port: z.int().min(0).max(65_535),
      /** Port under which visitors reach it, if a router or firewall changes it. */
      publicPort: z.int().min(1).max(65_535).optional(),
      /** Leases answer at `<label>.<domain>`: a wildcard DNS record of it leads here. */
      domain: z
        .string()
        .regex(
          /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
          'must be a host name in lower case, such as relay.example.org',
        ),
      tls: tlsConfigSchema
        .refine(({ from }) => from !== 'workloads', { message: 'must be files or acme at a relay', path: ['from'] })
        .optional(),
    })
    .optional(),
  /** Absent: metrics are served nowhere. */
  metrics: metricsConfigSchema.optional(),
  limits: z
    .strictObject({
      /** Providers that may hold a place at once. */
      providers: count(10_000, 128),
      /** Of these places, those for peers that are no providers. */
      guests: count(10_000, 0),
      /** Relayed connections to one provider at once. */
      connectionsPerProvider: count(100_000, 256),
      /** Visitors' connections at once. */
      visitors: count(1_000_000, 4_096),
      /** Connections for visitors of one lease at once. */
      visitorsPerLease: count(1_000_000, 512),
    })
    .prefault({}),
})

export type RelayConfig = z.output<typeof relayConfigSchema>
/** As written in a file: everything with a default may be left out. */
export type RelayConfigFile = z.input<typeof relayConfigSchema>
