import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { createAcmeCertificates } from './acmeCertificates.ts'
import type { Certificates } from './certificates.ts'
import { createFileCertificates } from './fileCertificates.ts'

const listening = {
  /** Port for connections that begin with TLS; 0 takes a free one. */
  port: z.int().min(0).max(65_535),
  /** Port under which tenants and visitors reach it, if a router or firewall changes it. */
  publicPort: z.int().min(1).max(65_535).optional(),
  /** Sends plain requests to `https` once the host has a certificate. */
  redirect: z.boolean().default(false),
}

const hostPattern = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a host such as *.compute.example.org')

const absolute = z.string().regex(/^\//, 'must be an absolute path')

/**
 * How an ingress has TLS: with certificates from files, from a certificate authority by ACME (RFC 8555), or only where workloads
 * end it themselves.
 */
export const tlsConfigSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('workloads'), ...listening }),
  z.strictObject({
    from: z.literal('files'),
    ...listening,
    certificates: z
      .array(z.strictObject({ host: hostPattern, certFile: absolute, keyFile: absolute }))
      .min(1)
      .max(256),
  }),
  z.strictObject({
    from: z.literal('acme'),
    ...listening,
    /** The certificate authority's directory, e.g. `https://acme-v02.api.letsencrypt.org/directory`. */
    directory: z.url({ protocol: /^https$/ }).or(z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ })),
    /** Where it may write to about certificates that end. */
    email: z.email().optional(),
    /** That its terms of service are agreed to; nobody else can say so. */
    termsAgreed: z.literal(true),
    /** Orders in an hour, all hosts together, so that its limits are not reached. */
    maxOrdersPerHour: z.int().min(1).max(10_000).default(30),
  }),
])

export type TlsConfig = z.output<typeof tlsConfigSchema>

/** Where accounts, keys and certificates are kept, and which hosts are ours. */
export type CertificatesPlace = { stateDir: string; domain: string; log: Log }

/**
 * The certificates that a configuration asks for; none if workloads end TLS themselves.
 *
 * @example
 * const certificates = await certificatesFrom(config.ingress.tls, { stateDir, domain: 'compute.example.org', log })
 */
export async function certificatesFrom(
  config: TlsConfig,
  { stateDir, domain, log }: CertificatesPlace,
): Promise<Certificates | undefined> {
  switch (config.from) {
    case 'workloads':
      return undefined
    case 'files':
      return createFileCertificates({ certificates: config.certificates, log })
    case 'acme':
      return createAcmeCertificates({ ...config, domain, dir: join(stateDir, 'acme'), log })
  }
}
