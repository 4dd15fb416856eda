import {
  type Bid,
  type Dialable,
  marketDomain,
  type OrderAnswer,
  offerHash,
  orderAnswerSchema,
  orderEnvelopeSchema,
  wordsSchema,
} from '@tender/protocol'
import { zeroHash } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** What the order's agent says to a bid or a decline. */
export type BidReceipt = { accepted: true } | { accepted: false; reason: string }

/** A provider's answer to an order, as the order's agent receives it. */
export type ReceivedAnswer = {
  answer: OrderAnswer
  /** The provider, as the handshake and the registry proved it, and where to reach it. */
  from: Dialable & { provider: bigint }
}

const answerOrder = defineRequest({
  name: 'bid',
  request: z.strictObject({ answer: orderAnswerSchema, addresses: orderEnvelopeSchema.shape.addresses }),
  response: z.union([
    z.strictObject({ accepted: z.literal(true) }),
    z.strictObject({ accepted: z.literal(false), reason: wordsSchema(500) }),
  ]),
  maxRequestBytes: 64 * 1024,
  maxResponseBytes: 4 * 1024,
  timeoutMs: 5_000,
  limits: { maxStreams: 256, maxPerCaller: 64, rate: { perSecond: 20, burst: 100 } },
})

/**
 * Answers an order, straight to its agent: a sealed bid or a decline. The node's key is the provider's operator key.
 *
 * @throws {RefusedError} `notOperator`, `badSignature`, `notABid`, `rateLimited`
 * @throws {UnreachableError | TimedOutError}
 */
export function sendBid(
  node: NetworkNode,
  agent: Dialable,
  answer: OrderAnswer,
  signal: AbortSignal,
): Promise<BidReceipt> {
  return callPeer(node, agent, answerOrder, { answer, addresses: node.contact().addresses }, signal)
}

/**
 * Takes bids and declines for this node's orders. `take` sees only what came from a registered provider's operator key, and
 * bids only with that key's signature; whether it knows the order is `take`'s to say.
 */
export function serveBids(
  node: NetworkNode,
  take: (received: ReceivedAnswer, signal: AbortSignal) => Promise<BidReceipt>,
): Promise<() => Promise<void>> {
  return servePeers(node, answerOrder, async ({ answer, addresses }, caller, signal) => {
    if (answer.type === 'bid') await checkBid(node, answer, caller, signal)
    const provider = await node.view.providerOf(caller.address, signal)
    if (provider === undefined || provider !== (answer.type === 'bid' ? answer.offer.provider : answer.provider)) {
      throw new DeniedError('notOperator', `${caller.address} is not the operator key of that provider`)
    }
    return take({ answer, from: { publicKey: caller.publicKey, addresses, provider } }, signal)
  })
}

async function checkBid(node: NetworkNode, { offer, signature }: Bid, caller: Caller, signal: AbortSignal) {
  if (offer.order === zeroHash) throw new DeniedError('notABid', 'the offer is bound to no order')
  const digest = offerHash(marketDomain(node.market), offer)
  if (!(await node.view.verifySignature({ signer: caller.address, digest, signature }, signal))) {
    throw new DeniedError('badSignature', 'the offer is not signed with the key that sent it')
  }
}
