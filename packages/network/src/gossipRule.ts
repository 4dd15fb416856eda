import {
  type AvailabilityEnvelope,
  availabilityEnvelopeSchema,
  briefHash,
  type Envelope,
  joinManifestHash,
  marketDomain,
  messageHash,
  type OfferEnvelope,
  type OrderEnvelope,
  offerEnvelopeSchema,
  offerHash,
  orderEnvelopeSchema,
  orderHash,
  TenderError,
} from '@tender/protocol'
import { type Hex, keccak256, zeroHash } from 'viem'
import type { z } from 'zod'
import { addressOfPublicKey } from './identity.ts'
import type { Caller, Market, MarketView } from './market.ts'
import type { Recent } from './recent.ts'
import { encodeWire } from './wire.ts'

/** Why a message is not passed on, and whether the neighbour that passed it to us is to blame. */
const faults = {
  tooLarge: true,
  malformed: true,
  unsigned: true,
  /** Published under another key than the one that is to be answered. */
  notAuthor: true,
  /** The brief is not the one that the order's manifest hash was made of. */
  briefMismatch: true,
  badSignature: true,
  /** Bound to an order: it is a bid, and bids are sealed. */
  notStanding: true,
  /** What one peer's clock has expired another's may not have. */
  expired: false,
  repeated: false,
  /** Not a provider's operator key, or not yet as far as our view of the chain goes. */
  notOperator: false,
} as const

/** A message that is not passed on. */
export class InvalidGossipError extends TenderError {
  readonly blame: boolean

  constructor(fault: keyof typeof faults, cause?: unknown) {
    super(`not fit for gossip: ${fault}`, { code: fault, class: 'user', cause })
    this.blame = faults[fault]
  }
}

export type RuleContext = { market: Market; view: MarketView; recent: Recent; signal: AbortSignal }

/** How one kind of gossip is known and checked. */
export type GossipRule<E extends Envelope> = {
  type: E['type']
  /** Name of its topic, see `wireName`. */
  purpose: string
  schema: z.ZodType<E>
  /**
   * The message's id. `author` is who published it, proven. Cheap checks come first.
   *
   * @throws {InvalidGossipError}
   */
  check(envelope: E, author: Caller, context: RuleContext): Promise<Hex>
  /** Who wrote what somebody else publishes, if that may be. Absent: nobody publishes for others. */
  writerOf?(envelope: E, context: RuleContext): Promise<Caller | undefined>
}

/**
 * Published by the order's agent, or by anybody to whom it vouched for where it is found; signed by its tenant, with the brief that
 * the tenant signed for.
 */
export const orderRule: GossipRule<OrderEnvelope> = {
  type: 'order',
  purpose: 'orders',
  schema: orderEnvelopeSchema,
  async check({ order, signature, brief, privateHash }, author, { market, view, recent, signal }) {
    if (order.agent !== author.address) throw new InvalidGossipError('notAuthor')
    if (joinManifestHash(briefHash(brief), privateHash) !== order.manifest) {
      throw new InvalidGossipError('briefMismatch')
    }
    if (Math.min(order.auctionEnd, order.expiry) <= view.nowSeconds()) throw new InvalidGossipError('expired')
    const id = orderHash(marketDomain(market), order)
    if (recent.has(id)) throw new InvalidGossipError('repeated')
    if (!(await view.verifySignature({ signer: order.tenant, digest: id, signature }, signal))) {
      throw new InvalidGossipError('badSignature')
    }
    return id
  },
  async writerOf({ order, publicKey, addresses, vouch }, { market, view, signal }) {
    if (vouch === undefined || addressOfPublicKey(publicKey) !== order.agent) return undefined
    const domain = marketDomain(market)
    const digest = messageHash(domain, 'Contact', { order: orderHash(domain, order), addresses })
    const isVouched = await view.verifySignature({ signer: order.agent, digest, signature: vouch }, signal)
    return isVouched ? { address: order.agent, publicKey } : undefined
  },
}

/** Published and signed by the provider's operator key. */
export const offerRule: GossipRule<OfferEnvelope> = {
  type: 'offer',
  purpose: 'standing-offers',
  schema: offerEnvelopeSchema,
  async check({ offer, signature }, author, { market, view, recent, signal }) {
    if (offer.order !== zeroHash) throw new InvalidGossipError('notStanding')
    if (offer.expiry <= view.nowSeconds()) throw new InvalidGossipError('expired')
    const id = offerHash(marketDomain(market), offer)
    if (recent.has(id)) throw new InvalidGossipError('repeated')
    if (!(await view.verifySignature({ signer: author.address, digest: id, signature }, signal))) {
      throw new InvalidGossipError('badSignature')
    }
    if ((await view.providerOf(author.address, signal)) !== offer.provider) throw new InvalidGossipError('notOperator')
    return id
  },
}

/**
 * Published by the provider's operator key. Gossip proves that, so nothing is signed twice; nor is it known by an EIP-712 digest, which
 * takes ten times as long: everybody hears of every provider each minute.
 */
export const availabilityRule: GossipRule<AvailabilityEnvelope> = {
  type: 'availability',
  purpose: 'availability',
  schema: availabilityEnvelopeSchema,
  async check({ availability }, author, { view, recent, signal }) {
    if (availability.expiry <= view.nowSeconds()) throw new InvalidGossipError('expired')
    const id = keccak256(encodeWire(availability))
    if (recent.has(id)) throw new InvalidGossipError('repeated')
    if ((await view.providerOf(author.address, signal)) !== availability.provider) {
      throw new InvalidGossipError('notOperator')
    }
    return id
  },
}
