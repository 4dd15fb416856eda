import { resolve } from 'node:path'
import { certificatesFrom, type Ingress, type Log, startIngress } from '@tender/ingress'
import { createLifecycle, type Lifecycle, type Logger, type Metrics, startMetrics } from '@tender/kit'
import { createNetworkNode, type NetworkNode, type PublishedLeases, serveRelayIngress } from '@tender/network'
import { NotFoundError, UnreachableError } from '@tender/protocol'
import { createMarketClient, findProvider, findTermsOfLease, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import type { RelayConfig } from './config.ts'
import { createRelayMetrics } from './relayMetrics.ts'
import { createRelayRoutes } from './relayRoutes.ts'

export type RelayOptions = {
  config: RelayConfig
  /** The relay's peer identity; it needs no money. */
  privateKey: Hex
  log: Logger
}

/** A relay that runs. */
export type Relay = {
  /** Where peers reach it: multiaddrs with `/p2p/…`, as providers write them into `network.relays`. */
  addresses(): string[]
  /** Of its public ingress: plain HTTP, then TLS; none without one. */
  readonly ingressPorts: readonly number[]
  /** What it counts and measures; also served where its configuration says. */
  readonly metrics: Metrics
  stop(): Promise<void>
}

/**
 * Starts a relay: providers behind NAT hold places at it and are reached through it, by peers and by the visitors of their
 * leases. Keeps nothing but certificates: after a crash its providers come back and publish by themselves.
 *
 * @throws {TenderError} `portTaken`; {WrongChainError} {RpcUnreachableError}
 *
 * @example
 * const relay = await startRelay({ config, privateKey, log })
 * relay.addresses()  // ['/ip4/203.0.113.7/tcp/4100/p2p/16Uiu2…']
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const life = createLifecycle()
  try {
    return await compose(options, life)
  } catch (error) {
    await life.stop()
    throw error
  }
}

async function compose({ config, privateKey, log }: RelayOptions, life: Lifecycle): Promise<Relay> {
  const { rpcUrl, book } = config
  const tell: Log = (level, message, fields = {}) => log[level](fields, message)
  const client = await createMarketClient({ rpcUrl, book, signal: life.signal })
  const node = await createNode(config, privateKey, client, tell)
  let published: PublishedLeases | undefined
  const ingress = await openIngress(config, node, () => published, tell, life)
  if (ingress) published = await takeLeases(config, node, client, ingress)
  await life.start(
    'network',
    () => node.start(),
    () => node.stop(),
  )
  const metrics = createRelayMetrics({ node, limits: config.limits, ingress, published })
  await startMetrics(life, config.metrics, metrics)
  const ingressPorts = ingress?.ports ?? []
  log.info({ peer: node.peerId, ingressPorts }, 'relay started')
  return { addresses: () => node.addresses(), ingressPorts, metrics, stop: life.stop }
}

function createNode(
  { network, limits, book }: RelayConfig,
  privateKey: Hex,
  client: MarketClient,
  log: Log,
): Promise<NetworkNode> {
  return createNetworkNode({
    ...network,
    privateKey,
    relay: {
      maxPlaces: limits.providers,
      guestPlaces: limits.guests,
      maxPerProvider: limits.connectionsPerProvider,
    },
    market: { chainId: book.chainId, orderBook: book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      client.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log,
  })
}

async function openIngress(
  config: RelayConfig,
  node: NetworkNode,
  published: () => PublishedLeases | undefined,
  log: Log,
  life: Lifecycle,
): Promise<Ingress | undefined> {
  if (!config.ingress) return undefined
  const { host, port, domain, tls } = config.ingress
  const { visitors, visitorsPerLease } = config.limits
  const certificates = tls && (await certificatesFrom(tls, { stateDir: resolve(config.stateDir), domain, log }))
  return life.start(
    'ingress',
    () =>
      startIngress({
        ...createRelayRoutes({ node, published, domain, maxPerLease: visitorsPerLease }),
        listeners: [{ host, port }, ...(tls ? [{ host, port: tls.port, tls: true }] : [])],
        ...(certificates && { certificates }),
        ...(tls?.redirect && { redirectPort: tls.publicPort ?? tls.port }),
        limits: { maxConnections: visitors },
        log,
      }),
    (ingress) => ingress.close(),
  )
}

/** Takes the leases of providers, and tells these where their visitors come in. */
function takeLeases(
  { ingress }: RelayConfig,
  node: NetworkNode,
  client: MarketClient,
  { ports: [http, https] }: Ingress,
): Promise<PublishedLeases> {
  return serveRelayIngress(node, {
    domain: ingress?.domain ?? '',
    http: ingress?.publicPort ?? http,
    ...(ingress?.tls && { https: ingress.tls.publicPort ?? https }),
    owns: async (leaseId, provider) => {
      try {
        return (await findTermsOfLease(client, { leaseId })).provider === provider
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error
        // The provider saw the block that opened it; this relay's endpoint may be behind.
        throw new UnreachableError(`lease ${leaseId} is not on the chain yet`, {
          code: 'leaseNotYetThere',
          cause: error,
        })
      }
    },
  })
}
