import type { Dialable, OrderAnswer } from '@tender/protocol'
import type { NetworkNode } from '../node.ts'

/** What the order's agent says to a bid or a decline. */
export type BidReceipt = { accepted: true } | { accepted: false; reason: string }

/** A provider's answer to an order, as the order's agent receives it. */
export type ReceivedAnswer = {
  answer: OrderAnswer
  /** The provider, as the handshake and the registry proved it, and where to reach it. */
  from: Dialable & { provider: bigint }
}

/**
 * Answers an order, straight to its agent: a sealed bid or a decline. Call it on the provider whose operator key is the node's.
 *
 * @throws {RefusedError} `notOperator`, `badSignature`, `rateLimited`, …
 */
export declare function sendBid(
  node: NetworkNode,
  agent: Dialable,
  answer: OrderAnswer,
  signal: AbortSignal,
): Promise<BidReceipt>

/** Takes bids and declines for this node's orders. `take` sees only what a registered provider's operator key signed. */
export declare function serveBids(
  node: NetworkNode,
  take: (received: ReceivedAnswer, signal: AbortSignal) => Promise<BidReceipt>,
): Promise<() => Promise<void>>
