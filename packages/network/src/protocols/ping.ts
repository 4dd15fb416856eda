import type { Dialable } from '@tender/protocol'
import { z } from 'zod'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** A sign of life. */
export type Pong = {
  /** The peer's clock, unix seconds. */
  at: number
  /** How long the exchange took here, dialling included. */
  tookMs: number
}

const ping = defineRequest({
  name: 'ping',
  request: z.strictObject({}),
  response: z.strictObject({ at: z.int().min(0) }),
  maxRequestBytes: 64,
  maxResponseBytes: 64,
  timeoutMs: 5_000,
  limits: { maxStreams: 512, maxPerCaller: 8, rate: { perSecond: 10, burst: 50 } },
})

/**
 * Asks a peer for a sign of life. `signal` may bound it more tightly than the protocol's 5 s.
 *
 * @throws {UnreachableError | TimedOutError | RefusedError}
 */
export async function askPing(node: NetworkNode, peer: Dialable, signal: AbortSignal): Promise<Pong> {
  const began = performance.now()
  const { at } = await callPeer(node, peer, ping, {}, signal)
  return { at, tookMs: performance.now() - began }
}

/** Answers {@link askPing}, to anybody. */
export function servePings(node: NetworkNode): Promise<() => Promise<void>> {
  return servePeers(node, ping, async () => ({ at: Math.floor(node.view.nowSeconds()) }))
}
