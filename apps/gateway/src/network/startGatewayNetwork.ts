import { createNetworkNode, type Log, type NetworkNode } from '@tender/network'
import type { OrderEnvelope } from '@tender/protocol'
import { findProvider, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import { createContactBook } from './contactBook.ts'
import { createPipe, type PipeLimits } from './createPipe.ts'
import { createEraLibrary } from './eraLibrary.ts'
import type { GatewayNetwork, SeenAvailability, SeenOrder } from './gatewayNetwork.ts'
import { type HostPort, type PipeTarget, tcpOf } from './pipeTarget.ts'

/** Chain of a market on this machine, whose peers are all at its own addresses. */
const LOCAL_CHAIN_ID = 31_337

/** Pages that wait for bids, each at a place of the gateway's relay; they are guests, since they are no providers. */
const GUEST_PLACES = 1024

export type GatewayNetworkOptions = {
  market: MarketClient
  /** The gateway's peer; it needs no money. */
  privateKey: Hex
  network: { listen: readonly string[]; bootstrap: readonly string[]; announce: readonly string[] }
  /** Told of each order that passed every check, those included that this gateway published. */
  onOrder(order: SeenOrder): void
  /** What providers said of late, before this start, the latest last. */
  heard?: readonly SeenAvailability[] | undefined
  /** Told whenever a provider says what it could lease. */
  onAvailability(availability: SeenAvailability): void
  /** Of the pipe. */
  limits?: Partial<PipeLimits> | undefined
  log: Log
}

/**
 * Starts the gateway's own peer: it hears the market, is a relay at which pages hold places, and carries their bytes.
 *
 * @throws {TenderError} `portTaken`
 */
export async function startGatewayNetwork(options: GatewayNetworkOptions): Promise<GatewayNetwork> {
  const { market, onOrder, onAvailability, heard = [], log } = options
  const node = await createNode(options)
  const stopping = new AbortController()
  const contacts = createContactBook(options.network.bootstrap)
  for (const { envelope, seenAt } of heard) contacts.learn(envelope, seenAt)
  const eras = createEraLibrary(market, node, stopping.signal)
  const pipe = createPipe({
    own: (target) => ownListener(node, target),
    knows: (target) => contacts.knows(target, nowSeconds()),
    allowPrivate: market.chainId === LOCAL_CHAIN_ID,
    limits: options.limits,
    log,
  })

  const seen = (hash: Hex, envelope: OrderEnvelope) => {
    const { expiry, auctionEnd } = envelope.order
    onOrder({ hash, envelope, seenAt: nowSeconds(), expiry, auctionEnd })
  }
  node.orders.listen(({ id, envelope }) => seen(id, envelope))
  node.availability.listen(({ envelope }) => {
    const seenAt = nowSeconds()
    contacts.learn(envelope, seenAt)
    onAvailability({ provider: envelope.availability.provider, envelope, seenAt })
  })
  await node.start()

  return {
    publicKey: node.publicKey,
    addresses: () => node.addresses(),
    async publishOrder(envelope, signal) {
      const { id: hash, peers } = await node.orders.pass(envelope, signal)
      seen(hash, envelope)
      return { hash, peers }
    },
    contactOf: contacts.contactOf,
    availability: () => contacts.current(nowSeconds()),
    eraData: eras.data,
    proofs: eras.proofs,
    takePipe: pipe.take,
    pipeUse: pipe.use,
    counts: node.counts,
    async stop() {
      stopping.abort(new DOMException('the gateway stops', 'AbortError'))
      pipe.stop()
      await node.stop()
    },
  }
}

function createNode({ market, privateKey, network, log }: GatewayNetworkOptions): Promise<NetworkNode> {
  const { chainId, contracts } = market.book
  return createNetworkNode({
    ...network,
    privateKey,
    relay: { maxPlaces: GUEST_PLACES, guestPlaces: GUEST_PLACES },
    market: { chainId, orderBook: contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      market.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds,
    log,
  })
}

/** Where this process reaches its own peer, if that is what is asked for. */
function ownListener(node: NetworkNode, { host, port, peer }: PipeTarget): HostPort | undefined {
  const own = node.addresses().flatMap((address) => tcpOf(address) ?? [])
  const isOwn = peer === undefined ? own.some((one) => one.host === host && one.port === port) : peer === node.peerId
  if (!isOwn) return undefined
  return own.find((one) => one.host === '127.0.0.1' || one.host === '::1') ?? own[0]
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
