import { noise } from '@chainsafe/libp2p-noise'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Hex } from 'viem'
import { libp2pKeyOf } from './identity.ts'

export type MarketLibp2p = Libp2p<{ pubsub: GossipSub }>

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

/** A libp2p peer, not yet started: TCP, noise, yamux, gossip on exactly `topics`. */
export function createPeer(
  privateKey: Hex,
  listen: readonly string[],
  topics: readonly string[],
): Promise<MarketLibp2p> {
  return createLibp2p({
    start: false,
    privateKey: libp2pKeyOf(privateKey),
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES } })],
    connectionManager: {
      inboundConnectionThreshold: CONNECTIONS_PER_HOST_PER_SECOND,
      maxIncomingPendingConnections: CONNECTIONS_PER_HOST_PER_SECOND,
    },
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub({
        allowPublishToZeroTopicPeers: true,
        allowedTopics: [...topics],
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
}
