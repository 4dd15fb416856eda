import {
  certificatesFrom,
  hostLabel,
  type Ingress,
  type IngressCounts,
  type Log,
  type PublicPlace,
  publicUrl,
  startIngress,
} from '@tender/ingress'
import type { Lifecycle } from '@tender/kit'
import type { NetworkNode } from '@tender/network'
import type { Hex } from 'viem'
import type { Core } from '../core.ts'
import { joinRelays } from './joinRelays.ts'
import { createRoutes, mainProtocols, type RoutedLeases, type Routes } from './routes.ts'

/** How visitors reach this provider's workloads. */
export type ProviderIngress = {
  /** Port of plain HTTP on this machine. */
  port: number
  /** Where a lease answers; `undefined` if nowhere now, as when no relay holds a place for this provider. */
  urlOf(lease: Hex): string | undefined
  counts(): IngressCounts
  /** Lets the relays of `node` bring visitors, until the lifecycle stops. */
  joinRelays(node: NetworkNode): Promise<void>
}

/** What of a provider its ingress needs. */
export type IngressCore = Pick<Core, 'driverFor' | 'stateDir' | 'log'> & {
  config: Pick<Core['config'], 'ingress'>
  leases: RoutedLeases
}

/** Serves the workloads of this provider's leases. @throws {TenderError} `portTaken` */
export async function openIngress(core: IngressCore, life: Lifecycle): Promise<ProviderIngress> {
  const { config, leases, driverFor } = core
  const routes = createRoutes(leases, driverFor)
  const ingress = await life.start(
    'ingress',
    () => startOwn(core, routes),
    (started) => started.close(),
  )
  const [port = config.ingress.port] = ingress.ports
  let relayed: () => readonly PublicPlace[] = () => []
  return {
    port,
    urlOf(lease) {
      const manifest = leases.get(lease)?.manifest
      const protocols = manifest ? mainProtocols(manifest) : { http: true, tls: false }
      const own = config.ingress.public ? [ownPlace(core, ingress, protocols)] : []
      const urls = [...own, ...relayed()].map((place) =>
        publicUrl(place, hostLabel(lease), { secureOnly: !protocols.http }),
      )
      return urls.find((url) => url !== undefined)
    },
    counts: ingress.counts,
    async joinRelays(node) {
      relayed = await joinRelays({ node, leases, routes, ingress, signal: life.signal })
    },
  }
}

async function startOwn({ config, stateDir, log: logger }: IngressCore, routes: Routes): Promise<Ingress> {
  const { host, port, domain, tls } = config.ingress
  const log: Log = (level, message, fields = {}) => logger[level](fields, message)
  const certificates = tls && (await certificatesFrom(tls, { stateDir, domain, log }))
  return startIngress({
    ...routes,
    listeners: [{ host, port }, ...(tls ? [{ host, port: tls.port, tls: true }] : [])],
    ...(certificates && { certificates }),
    ...(tls?.redirect && { redirectPort: tls.publicPort ?? tls.port }),
    log,
  })
}

/** Where a service with such ports is reached at this ingress itself. */
function ownPlace(
  { config }: IngressCore,
  { ports: [http, https] }: Ingress,
  protocols: { tls: boolean },
): PublicPlace {
  const { domain, tls } = config.ingress
  const encrypted = tls && (protocols.tls || tls.from !== 'workloads')
  return { domain, http, ...(encrypted && { https: tls.publicPort ?? https }) }
}
