import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { NetworkCounts } from '@tender/network'
import type { AvailabilityEnvelope, Dialable, Leaf, LeafKey, OrderEnvelope, VerifiedEra } from '@tender/protocol'
import type { Hex } from 'viem'

/** An order that passed every check of gossip. */
export type SeenOrder = {
  /** The order's digest. */
  hash: Hex
  envelope: OrderEnvelope
  /** Unix seconds. */
  seenAt: number
  /** Until when it can be matched, and until when it takes bids: unix seconds. */
  expiry: number
  auctionEnd: number
}

/** What a registered provider says that it could lease now. */
export type SeenAvailability = {
  provider: bigint
  envelope: AvailabilityEnvelope
  /** Unix seconds. */
  seenAt: number
}

/** A leaf of a report and the hashes that lead from it to the report's root. */
export type EraProof = { leaf: Leaf; hash: Hex; proof: readonly Hex[] }

/** The gateway's own peer: it hears the market, passes orders on, and carries bytes between pages and providers. */
export type GatewayNetwork = {
  /** Compressed secp256k1, 33 bytes. */
  readonly publicKey: Hex
  /** Where peers reach the gateway: multiaddrs with `/p2p/…`. Pages reach it at the same, through the pipe. */
  addresses(): string[]
  /**
   * Checks an order as every peer does, and gossips it for its agent, who must have vouched for where it is found.
   *
   * @throws {InvalidGossipError} what peers would refuse, `code` says why: `notAuthor`, `badSignature`, `briefMismatch`, `expired`, …
   */
  publishOrder(envelope: OrderEnvelope, signal: AbortSignal): Promise<{ hash: Hex; peers: number }>
  /** Where a provider was last heard of, if it was within the last hour. */
  contactOf(provider: bigint): Dialable | undefined
  /** What the registered providers said last, those that have not expired. */
  availability(): readonly SeenAvailability[]
  /**
   * An era as its published data say, from whichever monitor has them; recomputed here, so that none of them has to be trusted:
   * its root is the one that the chain keeps.
   *
   * @throws {NotFoundError} `unknownEra`; {UnreachableError} `noMonitorAnswers`; {TenderError} `dataSetMismatch`
   */
  eraData(era: bigint, signal: AbortSignal): Promise<VerifiedEra>
  /**
   * What an era's report says of a lease, a provider, a monitor or a dispute, with proofs; empty: nothing.
   *
   * @throws like `eraData`
   */
  proofs(era: bigint, of: LeafKey, signal: AbortSignal): Promise<EraProof[]>
  /**
   * Takes an upgrade of `/v1/pipe?peer=<multiaddr>`: answers it in every case, with a problem where it refuses.
   *
   * @param client whom it is counted for, see `clientOf`
   */
  takePipe(request: IncomingMessage, socket: Duplex, head: Buffer, client: string): void
  /** Bytes and connections of the pipe, for metrics. */
  pipeUse(): PipeUse
  /** What its peer counts, for metrics. */
  counts(): NetworkCounts
  stop(): Promise<void>
}

/** What the pipe carries and has carried. */
export type PipeUse = {
  open: number
  opened: number
  /** By reason: `badPeer`, `unknownPeer`, `privateAddress`, `tooMany`, `unreachable`, `badRequest`. */
  refused: Readonly<Record<string, number>>
  /** From pages to peers, and back. */
  bytesOut: number
  bytesIn: number
}
