import { noise } from '@chainsafe/libp2p-noise'
import { type CircuitRelayService, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection, Libp2p, Listener, PeerId } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { bytesToHex, type Hex } from 'viem'
import { forgetPeersThatLeft } from './forgetPeers.ts'
import { libp2pKeyOf } from './identity.ts'
import type { Libp2pComponents, Platform } from './platform.ts'
import { intercept } from './registrar.ts'
import type { RelayServer } from './relayServer.ts'

export type MarketLibp2p = Libp2p<{
  pubsub: GossipSub
  identify: Identify
  listening: unknown
  relay?: CircuitRelayService
}>

/**
 * How a peer's score falls: with the square of the invalid messages that it passed on, ×10, forgotten by a tenth a second.
 * One mistake silences it for seconds, three in a row for most of a minute. Quiet topics are normal here, so nobody is
 * punished for silence.
 */
const topicScore = createTopicScoreParams({
  topicWeight: 1,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  firstMessageDeliveriesCap: 20,
  timeInMeshCap: 10,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.9,
})

/**
 * How often gossip's mesh is mended. Until then a newcomer hears nothing, and an auction may last a second only; libp2p's
 * own value is a second.
 */
const HEARTBEAT_MS = 200

/** Stays below the 4 MiB at which libp2p resets a stream whose reader is slow. */
const MAX_STREAM_WINDOW_BYTES = 1024 * 1024

/** New connections a second from one host: an embedded market starts all its peers on one, an office sits behind one NAT. */
const CONNECTIONS_PER_HOST_PER_SECOND = 50

/** Streams of one connection, all protocols together, in each direction. */
const MAX_STREAMS_PER_CONNECTION = 4096

/** Streams that were opened but not yet taken by their handler; a tenant's browser opens many at once. */
const MAX_EARLY_STREAMS = 2048

/** Connections at once. A relay has one for each provider, and one for each caller. */
const MAX_CONNECTIONS = 1000

/** More relays than anybody has. libp2p forgets who waits for a place elsewhere when one is given: so nobody waits. */
const RESERVATIONS_AT_ONCE = 64

/** Connections that come through one relay at once. */
const MAX_RELAYED_CONNECTIONS = 300

/** A connection whose other end is silent for so long is cut. libp2p's own value, half of it, cuts all those of a process that is busy. */
const PING_TIMEOUT_MS = 10_000

/** An address that answers nothing for so long is left for the next. */
const ADDRESS_DIAL_TIMEOUT_MS = 4_000

export type PeerOptions = {
  privateKey: Hex
  listen: readonly string[]
  /** Told to others beside the addresses that it listens on. */
  announce?: readonly string[]
  topics: readonly string[]
  /** Serves others as a relay. */
  relay?: RelayServer | undefined
  /** Rejects for a peer that may not bring us connections of others. */
  reservedAt?: (relay: PeerId) => Promise<void>
}

/** A peer, and how it listens at a relay. */
export type CreatedPeer = { peer: MarketLibp2p; relayListener: () => Listener }

/** A libp2p peer, not yet started: the platform's and relayed connections, noise, yamux, gossip on exactly `topics`. */
export async function createPeer(platform: Platform, options: PeerOptions): Promise<CreatedPeer> {
  const { privateKey, listen, announce = [], topics, relay, reservedAt = refuseAll } = options
  let relayListener: (() => Listener) | undefined
  const peer: MarketLibp2p = await createLibp2p({
    start: false,
    privateKey: libp2pKeyOf(privateKey),
    addresses: { listen: [...listen], appendAnnounce: [...announce] },
    transports: [
      platform.transport,
      (components) => {
        const stream = async (connection: Connection) => {
          await reservedAt(connection.remotePeer)
          return connection
        }
        const transport = circuitRelayTransport({
          maxInboundStopStreams: MAX_RELAYED_CONNECTIONS,
          reservationConcurrency: RESERVATIONS_AT_ONCE,
        })(intercept(components, { stream }))
        relayListener = () => transport.createListener({ upgrader: components.upgrader })
        return transport
      },
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
        maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
        maxEarlyStreams: MAX_EARLY_STREAMS,
        streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES },
      }),
    ],
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: CONNECTIONS_PER_HOST_PER_SECOND,
      maxIncomingPendingConnections: CONNECTIONS_PER_HOST_PER_SECOND,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
      addressSorter: platform.compareForDialling,
    },
    connectionMonitor: { pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    connectionGater: { denyDialMultiaddr: () => false, ...relay?.gater },
    services: {
      identify: identify(),
      ping: ping(),
      ...platform.services,
      listening: announceListening,
      forgetting: forgetPeersThatLeft,
      ...(relay && { relay: relay.service }),
      pubsub: gossipsub({
        allowPublishToZeroTopicPeers: true,
        allowedTopics: [...topics],
        fastMsgIdFn: copyOf,
        heartbeatInterval: HEARTBEAT_MS,
        mcacheLength: 5_000 / HEARTBEAT_MS,
        mcacheGossip: 3_000 / HEARTBEAT_MS,
        maxTopicBytesPerPeer: 16 * 1024,
        decodeRpcLimits: {
          maxSubscriptions: 64,
          maxMessages: 512,
          maxIhaveMessageIDs: 5000,
          maxIwantMessageIDs: 5000,
          maxIdontwantMessageIDs: 512,
          maxControlMessages: 512,
          maxPeerInfos: 16,
        },
        runOnLimitedConnection: true,
        scoreParams: {
          topics: Object.fromEntries(topics.map((topic) => [topic, topicScore])),
          // Many peers of one market may share a host or a NAT; identity is the key, not the address.
          IPColocationFactorWeight: 0,
        },
      }),
    },
  })
  peer.addEventListener('connection:close', ({ detail: { direct, remotePeer } }) => {
    // Gossip has lost its stream with this connection, and opens one on another only when that is identified.
    const rest = peer.getConnections(remotePeer).find((other) => other.direct && other.status === 'open')
    if (!direct && rest) void peer.services.identify.identify(rest).catch(() => {})
  })
  if (!relayListener) throw new Error('libp2p made no transport for relays')
  return { peer, relayListener }
}

/**
 * What a copy of a message is known by. Each neighbour sends one, and verifying a signature is most of what a message costs. A message
 * that was altered under its signature is none: after the real one it is dropped as a copy, before it its signature is verified.
 */
function copyOf({ signature = new Uint8Array() }: { signature?: Uint8Array }): string {
  return bytesToHex(signature)
}

/** libp2p keeps public addresses to itself until AutoNAT saw them work; what this host listens on is told from the start. */
function announceListening({ events, addressManager }: Pick<Libp2pComponents, 'events' | 'addressManager'>): unknown {
  events.addEventListener('transport:listening', ({ detail: listener }) => {
    for (const address of listener.getAddrs()) addressManager.confirmObservedAddr(address, { type: 'transport' })
  })
  return {}
}

async function refuseAll(): Promise<void> {
  throw new Error('this peer has no relay')
}
