import type { AvailabilityEnvelope, Dialable, Envelope, OfferEnvelope, OrderEnvelope } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketLibp2p } from './libp2p.ts'
import { type Caller, type Market, type MarketView, wireName } from './market.ts'

/** What a publisher provides; the node adds its own key and addresses. */
export type Content<E extends Envelope> = Omit<E, 'type' | keyof Dialable>

/** A message that passed every check. */
export type Received<E extends Envelope> = {
  /** What the message is known by: an order's or offer's digest. A message may come again after a minute. */
  id: Hex
  envelope: E
  /** Who published it, proven: an order's agent, a provider's operator key. */
  author: Caller
}

/** One kind of gossip. Every node checks and passes on all kinds. */
export type Topic<E extends Envelope> = {
  /**
   * Publishes after the same checks that every receiver makes. `peers` is how many took it from us directly.
   *
   * @throws {InvalidGossipError} if receivers would refuse it.
   */
  publish(content: Content<E>, signal: AbortSignal): Promise<{ id: Hex; peers: number }>
  /** Calls `listener` with what others publish until the returned function is called. */
  listen(listener: (received: Received<E>) => void): () => void
  /** Resolves once at least `peers` (default 1) neighbours take this topic. */
  ready(options: { peers?: number; signal: AbortSignal }): Promise<void>
}
