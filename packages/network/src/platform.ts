import type { Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import type { MarketLibp2p } from './libp2p.ts'
import type { NetworkNode } from './node.ts'
import type { createRelayServer } from './relayServer.ts'

/** What libp2p gives its transports and services. */
export type Libp2pComponents = Parameters<NonNullable<Libp2pOptions['services']>[string]>[0]

/** Where a node runs: what differs between a host and a page in a browser. One belongs to one node. */
export type Platform = {
  /** How bytes get to another host, beside relays. */
  transport(components: Libp2pComponents): Transport
  /** Orders two of the addresses that are about to be dialled. */
  compareForDialling(a: { multiaddr: Multiaddr }, b: { multiaddr: Multiaddr }): -1 | 0 | 1
  /** What went over the transport's connections. */
  bytes(): { receivedBytes: number; sentBytes: number }
  /** Services of libp2p that only run there. */
  services: NonNullable<Libp2pOptions['services']>
  /** Absent: cannot serve as a relay. */
  createRelayServer?: typeof createRelayServer
  /** Called once, before the node starts. */
  created(node: NetworkNode, peer: MarketLibp2p, stopping: AbortSignal): Promise<void>
}
