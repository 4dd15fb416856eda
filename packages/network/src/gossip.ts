import { type Message, type TopicValidatorFn, TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { type Dialable, type Envelope, MAX_ENVELOPE_BYTES } from '@tender/protocol'
import type { Hex } from 'viem'
import type { z } from 'zod'
import type { GossipCounts } from './counts.ts'
import { delay } from './delay.ts'
import { availabilityRule, type GossipRule, InvalidGossipError, offerRule, orderRule } from './gossipRule.ts'
import { callerOf } from './identity.ts'
import type { MarketLibp2p } from './libp2p.ts'
import { type Caller, type Market, type MarketView, wireName } from './market.ts'
import { createRateLimiter } from './rateLimit.ts'
import { createRecent } from './recent.ts'
import { decodeWire, encodeWire } from './wire.ts'

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
  /** Publishes what another peer wrote and vouched for. @throws {InvalidGossipError} `notAuthor` if it did not, or as `publish` */
  pass(envelope: E, signal: AbortSignal): Promise<{ id: Hex; peers: number }>
  /** Calls `listener` with what others publish until the returned function is called. */
  listen(listener: (received: Received<E>) => void): () => void
  /** Resolves once messages pass between us and at least `peers` (default 1) neighbours. */
  ready(options: { peers?: number; signal: AbortSignal }): Promise<void>
  /** What neighbours passed on to us so far. */
  counts(): GossipCounts
}

/** Messages a second that one neighbour may pass on: what a busy market of thousands of orders a minute needs. */
const NEIGHBOUR_RATE = { perSecond: 100, burst: 500 }
/** Messages a second of one author. */
const AUTHOR_RATE = { perSecond: 5, burst: 50 }
/** How long a message is not passed on again: re-announcing reaches those who came later, repeating floods. */
const REPEAT_MS = 60_000
/** How long a check may take that asks the chain. */
const CHECK_TIMEOUT_MS = 3_000
const POLL_MS = 10

/** All topics of a market. */
export function topicNames(market: Market): string[] {
  return [orderRule, offerRule, availabilityRule].map(({ purpose }) => wireName(market, purpose))
}

type Context = {
  peer: MarketLibp2p
  market: Market
  view: MarketView
  contact(): Dialable
  /** Aborts when the node stops. */
  signal: AbortSignal
}

/** The three topics; `join` subscribes once the peer runs. */
export function createGossip(context: Context) {
  const { peer, market } = context
  return {
    orders: createTopic(context, orderRule),
    standingOffers: createTopic(context, offerRule),
    availability: createTopic(context, availabilityRule),
    join() {
      for (const name of topicNames(market)) peer.services.pubsub.subscribe(name)
    },
  }
}

function createTopic<E extends Envelope>(context: Context, rule: GossipRule<E>): Topic<E> {
  const { peer, market, view, contact, signal: stopping } = context
  const { pubsub } = peer.services
  const name = wireName(market, rule.purpose)
  const listeners = new Set<(received: Received<E>) => void>()
  const recent = createRecent(REPEAT_MS)
  const neighbourMay = createRateLimiter(NEIGHBOUR_RATE)
  const authorMay = createRateLimiter(AUTHOR_RATE)
  const counts = { accepted: 0, ignored: 0, refused: 0 }
  const ignore = () => {
    counts.ignored++
    return TopicValidatorResult.Ignore
  }

  /** Throws {@link InvalidGossipError} for what must not be passed on. */
  async function judge(data: Uint8Array, publisher: Caller, signal: AbortSignal): Promise<Received<E>> {
    const envelope = parseEnvelope(rule.schema, data)
    const within = AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)])
    const context = { market, view, recent, signal: within }
    const isOwn = envelope.publicKey === publisher.publicKey
    const author = isOwn ? publisher : await rule.writerOf?.(envelope, context)
    if (!author) throw new InvalidGossipError('notAuthor')
    const id = await rule.check(envelope, author, context)
    if (!recent.add(id)) throw new InvalidGossipError('repeated')
    return { id, envelope, author }
  }

  const validator: TopicValidatorFn = async (neighbour, message) => {
    try {
      if (!neighbourMay(neighbour.toString())) return ignore()
      const author = authorOf(message)
      if (!authorMay(author.address)) return ignore()
      const received = await judge(message.data, author, stopping)
      counts.accepted++
      for (const listener of listeners) listener(received)
      return TopicValidatorResult.Accept
    } catch (error) {
      const blame = error instanceof InvalidGossipError && error.blame
      view.log('debug', 'did not pass on gossip', { topic: name, neighbour: neighbour.toString(), blame, error })
      if (!blame) return ignore()
      counts.refused++
      return TopicValidatorResult.Reject
    }
  }
  pubsub.topicValidators.set(name, validator)

  async function send(data: Uint8Array, signal: AbortSignal) {
    const { id } = await judge(data, callerOf(peer.peerId), AbortSignal.any([signal, stopping]))
    const { recipients } = await pubsub.publish(name, data)
    return { id, peers: recipients.length }
  }

  return {
    publish: (content, signal) => send(encodeWire({ ...content, ...contact(), type: rule.type }), signal),
    pass: (envelope, signal) => send(encodeWire(envelope), signal),

    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    async ready({ peers = 1, signal }) {
      const within = AbortSignal.any([signal, stopping])
      while (takers(peer, name) < peers) await delay(POLL_MS, within)
      await heartbeat(peer, within)
    },

    counts: () => ({ topic: rule.purpose, ...counts }),
  }
}

function parseEnvelope<E extends Envelope>(schema: z.ZodType<E>, data: Uint8Array): E {
  if (data.byteLength > MAX_ENVELOPE_BYTES) throw new InvalidGossipError('tooLarge')
  try {
    return schema.parse(decodeWire(data))
  } catch (cause) {
    throw new InvalidGossipError('malformed', cause)
  }
}

/** The publisher, whose signature over the message libp2p has checked. */
function authorOf(message: Message): Caller {
  if (message.type !== 'signed') throw new InvalidGossipError('unsigned')
  return callerOf(message.from)
}

/** Neighbours that take a topic and to which our own gossip stream is open; libp2p has no event for the latter. */
function takers(peer: MarketLibp2p, topic: string): number {
  return peer.services.pubsub.getSubscribers(topic).filter((id) => hasGossipStream(peer, id)).length
}

/** Whether our own gossip stream to a peer is open: by theirs we hear, by ours we speak. */
export function hasGossipStream(peer: MarketLibp2p, id: PeerId): boolean {
  const isGossipOut = ({ direction, protocol }: { direction: string; protocol: string }) =>
    direction === 'outbound' && peer.services.pubsub.protocols.includes(protocol)
  return peer.getConnections(id).some(({ streams }) => streams.some(isGossipOut))
}

/** By its next heartbeat gossipsub has either taken a neighbour into its mesh or found the mesh full and sends it digests. */
async function heartbeat(peer: MarketLibp2p, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const beat = () => resolve()
  peer.services.pubsub.addEventListener('gossipsub:heartbeat', beat)
  signal.addEventListener('abort', beat)
  await promise
  peer.services.pubsub.removeEventListener('gossipsub:heartbeat', beat)
  signal.removeEventListener('abort', beat)
  signal.throwIfAborted()
}
