import type { NetworkNode } from '@tender/network'
import type { Brief } from '@tender/protocol'
import type { Hex } from 'viem'

/** What a lease serves to the public, by the brief that its order promised. */
export type Serves = 'http' | 'tls' | 'nothing'

/** Orders that are remembered until somebody leases from them; more than a market has in its longest auction. */
const MAX_ORDERS = 50_000

/** What gossiped orders promise. A provider that says it serves nothing is believed only if nobody heard the order. */
export type Promises = {
  /** By an order's digest; `undefined`: it was not heard. */
  of(order: Hex): Serves | undefined
  /** Stops listening. */
  stop(): void
}

export function createPromises(node: Pick<NetworkNode, 'orders'>): Promises {
  const heard = new Map<Hex, Serves>()
  const stop = node.orders.listen(({ id, envelope }) => {
    heard.delete(id)
    heard.set(id, servesOf(envelope.brief))
    const [oldest] = heard.keys()
    if (heard.size > MAX_ORDERS && oldest !== undefined) heard.delete(oldest)
  })
  return { of: (order) => heard.get(order), stop }
}

export function servesOf({ ports }: Pick<Brief, 'ports'>): Serves {
  const speaks = (wanted: string) => ports.some(({ protocol }) => protocol === wanted)
  return speaks('http') ? 'http' : speaks('tls') ? 'tls' : 'nothing'
}
