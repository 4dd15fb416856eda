import type { Logger } from '@tender/kit'
import { type NetworkNode, type Received, sendBid } from '@tender/network'
import type { OrderAnswer, OrderEnvelope } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Answer } from './answers.ts'

/** Orders considered at once; more wait their turn in gossip's own queue or are lost, as any late bid. */
const MAX_AT_ONCE = 64

export type ListenOptions = {
  node: NetworkNode
  provider: bigint
  answerOrder(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer>
  log: Logger
  signal: AbortSignal
}

/** Answers every order that arrives by gossip, straight to its agent. Stops with `signal`. */
export function listenToOrders({ node, provider, answerOrder, log, signal }: ListenOptions): void {
  let busy = 0

  async function take({ id, envelope, author }: Received<OrderEnvelope>): Promise<void> {
    const answer = await answerOrder(id, envelope, signal)
    const { publicKey } = author
    const receipt = await sendBid(
      node,
      { publicKey, addresses: envelope.addresses },
      wireAnswer(provider, id, answer),
      signal,
    )
    const { decision, reasons } = answer
    log.info({ order: id, decision, price: answer.bid?.offer.price, reasons, receipt }, 'answered an order')
  }

  const stop = node.orders.listen((received) => {
    if (busy >= MAX_AT_ONCE || signal.aborted) return
    busy++
    take(received)
      .catch((error) => {
        if (!signal.aborted) log.warn({ error, order: received.id }, 'an order could not be answered')
      })
      .finally(() => {
        busy--
      })
  })
  signal.addEventListener('abort', stop, { once: true })
}

function wireAnswer(provider: bigint, order: Hex, { bid, reasons }: Answer): OrderAnswer {
  return bid ? { type: 'bid', ...bid } : { type: 'decline', provider, order, reasons }
}
