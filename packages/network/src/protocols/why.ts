import type { Decline, Dialable } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { NetworkNode } from '../node.ts'

/** What a provider decided about an order. `unknown`: it never saw it, or forgot. */
export type Why = { decision: 'bid' | 'declined' | 'undecided' | 'unknown'; reasons: Decline['reasons'] }

/** Asks a provider what it decided about an order and why. */
export declare function askWhy(node: NetworkNode, provider: Dialable, order: Hex, signal: AbortSignal): Promise<Why>

/** Answers {@link askWhy}. `caller` is the proven account of who asks; the order's agent is who should. */
export declare function serveWhy(
  node: NetworkNode,
  explain: (order: Hex, caller: Address, signal: AbortSignal) => Promise<Why>,
): Promise<() => Promise<void>>
