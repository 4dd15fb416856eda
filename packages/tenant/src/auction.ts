import { type BidReceipt, type ReceivedAnswer, serveBids } from '@tender/network/browser'
import { privateHash } from '@tender/protocol'
import type { Hex } from 'viem'
import type { OrderRecord, ReceivedRecord } from './records.ts'
import { sleep } from './sleep.ts'
import type { Tenant } from './tenant.ts'

/** A tenant's market may be large; what more than this answer is not read. */
const MAX_ANSWERS = 1_000

export type AuctionOptions = {
  /** Told of each answer as it arrives. */
  onAnswer(received: ReceivedRecord): void
  /** When the auction ends, unix milliseconds. */
  endsAtMs: number
  /** It ends before that once so many providers have answered: where all are known, nobody else is waited for. */
  enoughAnswers?: number | undefined
  signal: AbortSignal
}

type Taker = (received: ReceivedAnswer) => Promise<BidReceipt>

/** A peer takes answers from its first auction on, and may hold several at once. */
const auctions = new WeakMap<Tenant['node'], { takers: Map<Hex, Taker>; serving: Promise<unknown> }>()

const orderOf = ({ answer }: ReceivedAnswer) => (answer.type === 'bid' ? answer.offer.order : answer.order)

/** Gives `take` the answers to an order, until the returned function is called. */
async function takeAnswers(node: Tenant['node'], order: Hex, take: Taker): Promise<() => void> {
  const takers = auctions.get(node)?.takers ?? new Map<Hex, Taker>()
  const serving =
    auctions.get(node)?.serving ??
    serveBids(node, async (received) => {
      const taker = takers.get(orderOf(received))
      return taker ? taker(received) : { accepted: false, reason: 'this agent holds no auction of that order' }
    })
  auctions.set(node, { takers, serving })
  takers.set(order, take)
  await serving
  return () => void takers.delete(order)
}

/**
 * Gossips an order and takes sealed answers until the auction ends. Each is recorded before it is receipted, so that a process that
 * ends in the middle leaves them; called again with what it left it goes on.
 *
 * @returns the record with the answers
 */
export async function holdAuction(tenant: Tenant, record: OrderRecord, options: AuctionOptions): Promise<OrderRecord> {
  const { node, records } = tenant
  const { endsAtMs, enoughAnswers = Number.POSITIVE_INFINITY, signal, onAnswer } = options
  const enough = new AbortController()
  let current = record
  let recorded = Promise.resolve()
  let next: Promise<void> | undefined

  /** What comes while a record is written is written together, after it. */
  function keepAnswers(): Promise<void> {
    next ??= recorded.then(() => {
      next = undefined
      return records.orders.put(record.id, current)
    })
    recorded = next
    return next
  }

  async function take({ answer, from }: ReceivedAnswer): Promise<BidReceipt> {
    if (Date.now() >= endsAtMs) return { accepted: false, reason: 'the auction is over' }
    if (current.answers.length >= MAX_ANSWERS) return { accepted: false, reason: 'there are too many answers' }
    if (current.answers.some(({ provider }) => provider === from.provider)) return { accepted: true }
    const { publicKey, addresses, provider } = from
    const received = { provider, from: { publicKey, addresses: [...addresses] }, answer, receivedAtMs: Date.now() }
    current = { ...current, answers: [...current.answers, received] }
    await keepAnswers()
    onAnswer(received)
    if (current.answers.length >= enoughAnswers) enough.abort()
    return { accepted: true }
  }

  const stopTaking = await takeAnswers(node, record.id, take)
  try {
    const { order, signature, manifest } = record
    await node.orders.publish({ order, signature, brief: manifest.brief, privateHash: privateHash(manifest) }, signal)
    const over = AbortSignal.any([signal, enough.signal])
    await sleep(Math.max(0, endsAtMs - Date.now()), over).catch((error) => {
      if (!enough.signal.aborted) throw error
    })
    signal.throwIfAborted()
  } finally {
    stopTaking()
    await recorded
  }
  return current
}
