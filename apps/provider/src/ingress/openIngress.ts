import { certificatesFrom, hostLabel, type Ingress, startIngress } from '@tender/ingress'
import type { Lifecycle } from '@tender/kit'
import type { Hex } from 'viem'
import type { Core } from '../core.ts'
import { createRoutes } from './routes.ts'

/** How visitors reach this provider's workloads directly. */
export type OwnIngress = {
  ingress: Ingress
  /** Port of plain HTTP. */
  port: number
  urlOf(lease: Hex): string
}

/** Serves the workloads of this provider's leases. @throws {TenderError} `portTaken` */
export async function openIngress(
  { config, leases, driverFor, stateDir, log }: Core,
  life: Lifecycle,
): Promise<OwnIngress> {
  const { host, port: plainPort, domain, tls } = config.ingress
  const tell = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: object = {}) =>
    log[level](fields, message)
  const certificates = tls && (await certificatesFrom(tls, { stateDir, domain, log: tell }))
  const ingress = await life.start(
    'ingress',
    () =>
      startIngress({
        ...createRoutes(leases, driverFor),
        listeners: [{ host, port: plainPort }, ...(tls ? [{ host, port: tls.port, tls: true }] : [])],
        ...(certificates && { certificates }),
        ...(tls?.redirect && { redirectPort: tls.publicPort ?? tls.port }),
        log: tell,
      }),
    (started) => started.close(),
  )
  const [port = plainPort, securePort] = ingress.ports
  const base = tls
    ? `https://{label}.${domain}${portSuffix(tls.publicPort ?? securePort, 443)}`
    : `http://{label}.${domain}:${port}`
  return { ingress, port, urlOf: (lease) => base.replace('{label}', hostLabel(lease)) }
}

function portSuffix(port: number | undefined, usual: number): string {
  return port === undefined || port === usual ? '' : `:${port}`
}
