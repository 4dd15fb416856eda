import { multiaddr } from '@multiformats/multiaddr'
import type { Dialable } from '@tender/protocol'
import { compareForDialling } from './addresses.ts'
import { createNodeOn, type NetworkNode, type NetworkOptions } from './node.ts'
import { createPipeTransport, isTcp } from './pipe.ts'

export type BrowserNodeOptions = Omit<NetworkOptions, 'listen' | 'bootstrap' | 'relays' | 'announce' | 'relay'> & {
  /**
   * The gateway's peer: it passes gossip on, and holds a place at which providers reach the page. All of its TCP addresses are tried,
   * one after the other, and providers are told of the first ones.
   */
  gateway: Dialable
  /** The gateway's pipe, e.g. `wss://gateway.example/v1/pipe`. */
  pipeUrl: string
}

/**
 * A peer of one market in a page, not yet started. It dials through the gateway's pipe, and others reach it through the place that
 * the gateway's relay holds for it. Sessions end here: the gateway carries what it cannot read.
 *
 * @throws {InvalidInputError} if an address is no multiaddr.
 * @example
 * const node = await createBrowserNode({ privateKey, gateway: network, pipeUrl, market, ...view })
 * await node.start()
 * await reachable(node, signal)
 */
export function createBrowserNode({ gateway, pipeUrl, ...options }: BrowserNodeOptions): Promise<NetworkNode> {
  const { transport, bytes } = createPipeTransport(pipeUrl)
  const at = gateway.addresses
    .filter((address) => isTcp(multiaddr(address)))
    .toSorted((one, other) => compareForDialling({ multiaddr: multiaddr(one) }, { multiaddr: multiaddr(other) }))
  return createNodeOn(
    { transport, bytes, compareForDialling, services: {}, created: async () => {} },
    // The place at its relay is also what keeps the page connected.
    { ...options, listen: [], bootstrap: [], relays: at },
  )
}

/** Resolves once a relay holds a place for the node: what is published before tells nobody where to answer. */
export async function reachable(
  node: Pick<NetworkNode, 'relays' | 'onRelayChange'>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const check = () => node.relays().some(({ reserved }) => reserved) && resolve()
  const aborted = () => reject(signal.reason)
  const forget = node.onRelayChange(check)
  signal.addEventListener('abort', aborted, { once: true })
  check()
  try {
    await promise
  } finally {
    forget()
    signal.removeEventListener('abort', aborted)
  }
}
