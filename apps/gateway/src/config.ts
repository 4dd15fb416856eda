import { addressBookSchema } from '@tender/sdk'
import { z } from 'zod'

const multiaddr = z.string().min(1).max(512)
const count = (most: number, usual: number) => z.int().min(1).max(most).default(usual)
const httpUrl = z.url({ protocol: /^https?$/ }).max(512)

/** A gateway's configuration file. Holds no secret but a database's password, if that is not left to the environment. */
export const gatewayConfigSchema = z.strictObject({
  /** Where the embedded database is. All of it can be made again from the chain, but for what accounts stored here. */
  stateDir: z.string().min(1),
  rpcUrl: httpUrl,
  /** Endpoint that pages read the chain from and send transactions to. @default rpcUrl */
  publicRpcUrl: httpUrl.optional(),
  book: addressBookSchema,
  /** Of PostgreSQL, `postgres://…`; absent: what DATABASE_URL says, else the embedded database in `stateDir`. */
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .max(2048)
    .optional(),
  http: z
    .strictObject({
      host: z.string().min(1).max(255).default('127.0.0.1'),
      /** 0: any free one. */
      port: z.int().min(0).max(65_535).default(8080),
      /** Where pages find it, as typed into a browser; who signs in signs it. Absent: the address that it listens at. */
      publicUrl: httpUrl.optional(),
      /** Addresses of web servers before it, whose word on who asks is believed. */
      trustedProxies: z.array(z.string().min(1).max(64)).max(16).default([]),
    })
    .prefault({}),
  /** What one visitor may ask: points in a minute. A request is one point, heavy ones are more. */
  limits: z
    .strictObject({
      /** Of one address that did not sign in. */
      address: count(1_000_000, 1_200),
      /** Of one account that did, or of one of its tokens. */
      account: count(1_000_000, 3_000),
      /** Live streams at once, in all. */
      listeners: count(100_000, 2_000),
      /** And those of one address. */
      listenersOfAddress: count(100_000, 50),
    })
    .prefault({}),
  network: z.strictObject({
    /** At least one; pages reach it through the gateway's own pipe. */
    listen: z.array(multiaddr).min(1).max(16).default(['/ip4/0.0.0.0/tcp/4100']),
    bootstrap: z.array(multiaddr).max(64).default([]),
    /** Multiaddrs under which it is reached, if a router or firewall changes those of `listen`. */
    announce: z.array(multiaddr).max(16).default([]),
  }),
})

export type GatewayConfig = z.output<typeof gatewayConfigSchema>
/** As written in a file: everything with a default may be left out. */
export type GatewayConfigFile = z.input<typeof gatewayConfigSchema>
