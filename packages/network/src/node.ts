import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import {
  type AvailabilityEnvelope,
  type Dialable,
  InvalidInputError,
  type OfferEnvelope,
  type OrderEnvelope,
  TenderError,
  UnreachableError,
} from '@tender/protocol'
import type { Address, Hex } from 'viem'
import { addressesToTell, MAX_ADDRESSES, reachOf } from './addresses.ts'
import { keepConnected } from './bootstrap.ts'
import { createTally, type NetworkCounts, type Tally } from './counts.ts'
import { BusyError, toWireFailure } from './errors.ts'
import { type Frames, framesOver } from './frames.ts'
import { createGossip, type Topic, topicNames } from './gossip.ts'
import { addressOfPeer, callerOf, peerIdOfPrivateKey, peerIdOfPublicKey, publicKeyOfPeer } from './identity.ts'
import { createPeer, type MarketLibp2p } from './libp2p.ts'
import type { Log } from './log.ts'
import { type Caller, type Market, type MarketView, wireName } from './market.ts'
import { createPlaces } from './places.ts'
import type { Platform } from './platform.ts'
import { createRateLimiter, type RateLimit } from './rateLimit.ts'
import type { RelayOptions } from './relayServer.ts'
import { createRelays, type RelayState } from './relays.ts'
import { withCache } from './view.ts'
import { encodeWire } from './wire.ts'

/** Streams to one peer at once of one protocol; what that peer takes is its own to say. */
const MAX_OUTBOUND_STREAMS = 2048
const streamOptions = { maxOutboundStreams: MAX_OUTBOUND_STREAMS, runOnLimitedConnection: true }

/** How long telling a caller what went wrong may take. */
const FAILURE_TIMEOUT_MS = 2_000

/** Of one stream: once over what was connected, once over what has taken its place. */
const MOST_OPEN_TRIES = 2

/** How long a clean stop may take; then connections are cut. */
const STOP_TIMEOUT_MS = 3_000
const CUT_EVERY_MS = 100

export type NetworkOptions = {
  /** The process's one key: its Ethereum account and its peer id. */
  privateKey: Hex
  /** Multiaddrs to listen on, e.g. `/ip4/0.0.0.0/tcp/4100`; none for a peer that only dials. */
  listen: readonly string[]
  /** Multiaddrs with `/p2p/…` of peers to stay connected to. */
  bootstrap: readonly string[]
  /**
   * Multiaddrs with `/p2p/…` of relays at which to hold a place, so that others reach this peer through them. Kept up; needs a
   * registered provider's operator key.
   */
  relays?: readonly string[]
  /** Public addresses that lead here though this host does not have them: of a router that forwards the port. */
  announce?: readonly string[]
  /** Serves providers as a relay; absent: does not. */
  relay?: RelayOptions
  /** Callers whom no number of strangers may crowd out: `ServeLimits.maxStreams` is not for them. Asked while all places are taken. */
  isExpected?: (account: Address, signal: AbortSignal) => Promise<boolean>
  market: Market
} & MarketView

/** What a server takes. */
export type ServeLimits = {
  /** Streams of this protocol at once, all peers together, but for those that are expected. */
  maxStreams: number
  /** And those of one peer; absent: `maxStreams`. */
  maxPerCaller?: number
  /** Requests of one peer. */
  rate: RateLimit
}

/** Talks to one caller. What it throws is what the caller is told, see `toWireFailure`. */
export type StreamHandler = (frames: Frames, caller: Caller, signal: AbortSignal) => Promise<void>

/** A peer of one market. One process has one. */
export type NetworkNode = {
  readonly peerId: string
  /** The Ethereum account of the same key. */
  readonly address: Address
  /** Compressed secp256k1, 33 bytes. */
  readonly publicKey: Hex
  readonly market: Market
  readonly view: MarketView
  readonly orders: Topic<OrderEnvelope>
  readonly standingOffers: Topic<OfferEnvelope>
  readonly availability: Topic<AvailabilityEnvelope>
  /** Where this peer can be dialled: multiaddrs with `/p2p/…`. Empty before `start`. */
  addresses(): string[]
  /** What others need to reach this peer. */
  contact(): Dialable
  /** Listens, joins the topics and begins to dial `bootstrap`. @throws {TenderError} `portTaken` */
  start(): Promise<void>
  /** Tells handlers to end, closes all connections, at the latest after three seconds. Idempotent. */
  stop(): Promise<void>
  /** Connects, unless connected. Proves that the peer holds `publicKey`. @throws {UnreachableError} */
  dial(peer: Dialable, signal: AbortSignal): Promise<void>
  /** Opens a stream for `purpose`, connecting first if needed. @throws {UnreachableError} */
  open(peer: Dialable, purpose: string, signal: AbortSignal): Promise<Frames>
  /** The relays that it is to be reached through, and whether each holds a place for it now. */
  relays(): readonly RelayState[]
  /** Calls `listener` whenever a relay gives a place or it is lost, until the returned function is called. */
  onRelayChange(listener: () => void): () => void
  /** How a peer is connected now; `undefined` if it is not. New streams go directly once that is possible. */
  connectionTo(publicKey: Hex): 'direct' | 'relayed' | undefined
  counts(): NetworkCounts
  /** Whether the peer holds a place at this node as its relay and is connected. */
  relayServes(publicKey: Hex): boolean
  /** Answers streams for `purpose` until the returned function is called. May be called before `start`. */
  handle(purpose: string, limits: ServeLimits, handler: StreamHandler): Promise<() => Promise<void>>
}

/** A peer of one market, not yet started, wherever it runs. @throws {InvalidInputError} if an address is no multiaddr. */
export async function createNodeOn(platform: Platform, options: NetworkOptions): Promise<NetworkNode> {
  const { privateKey, listen, bootstrap, announce = [], market, isExpected = nobody } = options
  for (const text of [...listen, ...bootstrap, ...announce, ...(options.relays ?? [])]) checkMultiaddr(text)
  const view = withCache(options)
  const stopping = new AbortController()
  const others = (addresses: readonly string[]) =>
    addresses.filter((address) => !address.endsWith(`/p2p/${peerIdOfPrivateKey(privateKey)}`))
  const relays = createRelays(others(options.relays ?? []), { log: view.log, signal: stopping.signal })
  const { createRelayServer } = platform
  const { peer, relayListener } = await createPeer(platform, {
    privateKey,
    listen,
    announce,
    topics: topicNames(market),
    relay: options.relay && createRelayServer?.(options.relay, view, () => peer),
    reservedAt: relays.reservedAt,
  })
  const publicKey = publicKeyOfPeer(peer.peerId)
  const isAnnounced = (address: Multiaddr) => announce.some((text) => address.toString().startsWith(text))
  const direct = () => {
    const all = peer.getMultiaddrs().filter((address) => reachOf(address) !== 'relayed')
    return [...all.filter(isAnnounced), ...all.filter((address) => !isAnnounced(address))]
  }
  const contact = () => ({ publicKey, addresses: addressesToTell(direct(), relays.addresses()).map(String) })
  const gossip = createGossip({ peer, market, view, contact, signal: stopping.signal })
  const refused = createTally()
  let stopped: Promise<void> | undefined

  function bestConnection(id: PeerId): Connection | undefined {
    const open = peer.getConnections(id).filter(({ status }) => status === 'open')
    return open.find(({ direct }) => direct) ?? open[0]
  }

  async function connect(to: Dialable, signal: AbortSignal): Promise<Connection> {
    const peerId = peerIdOfPublicKey(to.publicKey)
    const connected = bestConnection(peerId)
    if (connected) return connected
    try {
      return await peer.dial(dialTargets(to), { signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw new UnreachableError(`cannot reach peer ${peerId}`, { code: 'peerUnreachable', cause })
    }
  }

  const node: NetworkNode = {
    peerId: peer.peerId.toString(),
    address: addressOfPeer(peer.peerId),
    publicKey,
    market,
    view,
    orders: gossip.orders,
    standingOffers: gossip.standingOffers,
    availability: gossip.availability,
    addresses: () => [...direct(), ...relays.addresses()].map(String),
    contact,

    async start() {
      await startListening(peer, listen)
      gossip.join()
      void keepConnected(peer, others(bootstrap), { log: view.log, signal: stopping.signal })
      relays.keep(peer, relayListener)
    },

    stop() {
      stopped ??= stopPeer(peer, stopping)
      return stopped
    },

    async dial(to, signal) {
      await connect(to, signal)
    },

    async open(to, purpose, signal) {
      const protocol = wireName(market, purpose)
      for (let tries = 1; ; tries++) {
        const connection = await connect(to, signal)
        try {
          return framesOver(await connection.newStream(protocol, { signal, ...streamOptions }))
        } catch (cause) {
          signal.throwIfAborted()
          // A relayed connection ends when a direct one takes its place, also under a stream that is being opened.
          if (tries < MOST_OPEN_TRIES && !isUnsupported(cause)) continue
          const message = `peer ${connection.remotePeer} does not answer ${purpose}`
          throw new UnreachableError(message, { code: 'protocolRefused', cause })
        }
      }
    },

    relays: relays.states,
    onRelayChange: relays.onChange,

    connectionTo(other) {
      const connection = bestConnection(peerIdOfPublicKey(other))
      return connection && (connection.direct ? 'direct' : 'relayed')
    },

    counts() {
      const connections = peer.getConnections()
      const direct = connections.filter((connection) => connection.direct).length
      return {
        peers: peer.getPeers().length,
        connections: { direct, relayed: connections.length - direct },
        streams: connections.reduce((sum, { streams }) => sum + streams.length, 0),
        ...platform.bytes(),
        gossip: [gossip.orders, gossip.standingOffers, gossip.availability].map((topic) => topic.counts()),
        refused: refused.all(),
        places: peer.services.relay?.reservations.size ?? 0,
      }
    },

    relayServes(other) {
      const id = peerIdOfPublicKey(other)
      return (bestConnection(id)?.direct && peer.services.relay?.reservations.has(id)) ?? false
    },

    async handle(purpose, limits, handler) {
      const protocol = wireName(market, purpose)
      await peer.handle(
        protocol,
        streamServer(limits, handler, { log: view.log, stopping: stopping.signal, isExpected, refused }),
        {
          maxInboundStreams: limits.maxStreams,
          ...streamOptions,
        },
      )
      return () => peer.unhandle(protocol)
    },
  }
  await platform.created(node, peer, stopping.signal)
  return node
}

/** The peer is there, and does not speak the protocol. */
function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'UnsupportedProtocolError'
}

function checkMultiaddr(text: string): void {
  try {
    multiaddr(text)
  } catch (cause) {
    const message = `"${text}" is not a multiaddr such as /ip4/0.0.0.0/tcp/4100`
    throw new InvalidInputError('a peer address is wrong', [{ message }], { cause })
  }
}

/** The peer's addresses that name it or nobody; a stranger's list may hold anything. */
function dialTargets({ publicKey, addresses }: Dialable): Multiaddr[] {
  const peerId = peerIdOfPublicKey(publicKey).toString()
  return addresses.slice(0, MAX_ADDRESSES).flatMap((text) => {
    try {
      const address = multiaddr(text)
      const named = address.getComponents().findLast(({ name }) => name === 'p2p')?.value
      if (named === undefined) return [address.encapsulate(`/p2p/${peerId}`)]
      return named === peerId ? [address] : []
    } catch {
      return [] // not a multiaddr
    }
  })
}

const nobody = async () => false

type ServerView = { log: Log; stopping: AbortSignal; refused: Tally } & Required<Pick<NetworkOptions, 'isExpected'>>

/** Caps streams and rates, runs the handler, tells the caller what it threw. */
function streamServer(limits: ServeLimits, handler: StreamHandler, { log, stopping, isExpected, refused }: ServerView) {
  const { maxStreams, maxPerCaller = maxStreams, rate } = limits
  const allowed = createRateLimiter(rate)
  const places = createPlaces(maxPerCaller)
  let streams = 0

  async function guarded(frames: Frames, caller: Caller): Promise<void> {
    if (!allowed(caller.address)) throw new BusyError('rateLimited')
    const isFull = streams >= maxStreams
    if (isFull && !(await isExpected(caller.address, stopping))) throw new BusyError('tooManyStreams')
    const leave = places.take(caller.address)
    streams++
    try {
      await handler(frames, caller, AbortSignal.any([stopping, frames.closed]))
    } finally {
      streams--
      leave()
    }
  }

  return async (stream: Stream, connection: Connection): Promise<void> => {
    const frames = framesOver(stream)
    try {
      await guarded(frames, callerOf(connection.remotePeer))
    } catch (error) {
      log('debug', 'refused a stream', { protocol: stream.protocol, peer: connection.remotePeer.toString(), error })
      const failure = toWireFailure(error)
      refused.add(failure.class)
      await frames.write(encodeWire({ failure }), AbortSignal.timeout(FAILURE_TIMEOUT_MS)).catch(() => {})
    } finally {
      await frames.close()
    }
  }
}

async function startListening(peer: MarketLibp2p, listen: readonly string[]): Promise<void> {
  try {
    await peer.start()
  } catch (cause) {
    await peer.stop()
    // libp2p says why only in words, so a taken port and an address of another machine are one code.
    throw new TenderError(`cannot listen on ${listen.join(', ')}`, {
      code: 'portTaken',
      class: 'conflict',
      hint: "Choose a port that no other program listens on and one of this machine's addresses.",
      cause,
    })
  }
}

async function stopPeer(peer: MarketLibp2p, stopping: AbortController): Promise<void> {
  stopping.abort(new DOMException('the node stops', 'AbortError'))
  const cutFromMs = performance.now() + STOP_TIMEOUT_MS
  // Again and again: a connection that was still being made is there only later, and the stop would wait for it.
  const cutting = setInterval(() => {
    if (performance.now() < cutFromMs) return
    for (const connection of peer.getConnections()) connection.abort(new Error('the node stops'))
  }, CUT_EVERY_MS)
  try {
    await peer.stop()
  } finally {
    clearInterval(cutting)
  }
}
