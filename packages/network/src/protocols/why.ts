import { bytes32Schema, type Dialable, declineSchema, type RuleBreak } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** What a provider decided about an order. `unknown`: it never saw it, or forgot. */
export type Why = { decision: 'bid' | 'declined' | 'undecided' | 'unknown'; reasons: readonly RuleBreak[] }

const why = defineRequest<{ order: Hex }, Why>({
  name: 'why',
  request: z.strictObject({ order: bytes32Schema }),
  response: z.strictObject({
    decision: z.enum(['bid', 'declined', 'undecided', 'unknown']),
    reasons: z.array(declineSchema.shape.reasons.element).max(32),
  }),
  maxRequestBytes: 1024,
  maxResponseBytes: 64 * 1024,
  timeoutMs: 5_000,
  limits: { maxStreams: 64, maxPerCaller: 16, rate: { perSecond: 5, burst: 20 } },
})

/** Asks a provider what it decided about an order and why. `order` is the order's digest. */
export function askWhy(node: NetworkNode, provider: Dialable, order: Hex, signal: AbortSignal): Promise<Why> {
  return callPeer(node, provider, why, { order }, signal)
}

/** Answers {@link askWhy}. Anybody may ask; `caller` is for a provider that answers the order's agent only. */
export function serveWhy(
  node: NetworkNode,
  explain: (order: Hex, caller: Caller, signal: AbortSignal) => Promise<Why>,
): Promise<() => Promise<void>> {
  return servePeers(node, why, ({ order }, caller, signal) => explain(order, caller, signal))
}
