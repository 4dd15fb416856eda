import { type Logger, retry } from '@tender/kit'
import { type NetworkNode, type Received, sendBid } from '@tender/network'
import type { OrderAnswer, OrderEnvelope } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Answer } from './answers.ts'

/** Orders considered at once. */
const MAX_AT_ONCE = 64
/** Orders that wait their turn, until their auction ends. What comes when so many do is lost, as any late bid. */
const MAX_WAITING = 256

/**
 * An agent whom hundreds dial in the same moment cannot take all of their connections, and refuses some. All tries of one bid end within
 * that time, so that orders of agents that nobody can reach do not keep places from others.
 */
const BID_TIMEOUT_MS = 6_000
const MOST_TRIES = 6
const FIRST_PAUSE_MS = 250

export type ListenOptions = {
  node: NetworkNode
  provider: bigint
  answerOrder(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer>
  nowSeconds(): number
  log: Logger
  signal: AbortSignal
}

/** Answers every order that arrives by gossip, straight to its agent. Stops with `signal`. */
export function listenToOrders({ node, provider, answerOrder, nowSeconds, log, signal }: ListenOptions): void {
  let busy = 0
  let waiting: Received<OrderEnvelope>[] = []

  async function take({ id, envelope, author }: Received<OrderEnvelope>): Promise<void> {
    const answer = await answerOrder(id, envelope, signal)
    const { publicKey } = author
    const within = AbortSignal.any([signal, AbortSignal.timeout(BID_TIMEOUT_MS)])
    const agent = { publicKey, addresses: envelope.addresses }
    const receipt = await retry(() => sendBid(node, agent, wireAnswer(provider, id, answer), within), {
      signal: within,
      attempts: MOST_TRIES,
      firstDelayMs: FIRST_PAUSE_MS,
    })
    const { decision, reasons } = answer
    log.info({ order: id, decision, price: answer.bid?.offer.price, reasons, receipt }, 'answered an order')
  }

  function begin(received: Received<OrderEnvelope>): void {
    busy++
    take(received)
      .catch((error) => {
        if (!signal.aborted) log.warn({ error, order: received.id }, 'an order could not be answered')
      })
      .finally(() => {
        busy--
        if (signal.aborted) return
        waiting = waiting.filter(({ envelope }) => envelope.order.auctionEnd > nowSeconds())
        const next = waiting.shift()
        if (next) begin(next)
      })
  }

  const stop = node.orders.listen((received) => {
    if (signal.aborted) return
    if (busy < MAX_AT_ONCE) begin(received)
    else if (waiting.length < MAX_WAITING) waiting.push(received)
  })
  signal.addEventListener('abort', stop, { once: true })
}

function wireAnswer(provider: bigint, order: Hex, { bid, reasons }: Answer): OrderAnswer {
  return bid ? { type: 'bid', ...bid } : { type: 'decline', provider, order, reasons }
}
