import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { delay } from './delay.ts'
import { hasGossipStream } from './gossip.ts'
import type { MarketLibp2p } from './libp2p.ts'
import type { Log } from './log.ts'
import { createPauses } from './pauses.ts'

const DIAL_TIMEOUT_MS = 10_000
/**
 * How long gossip may take to begin over a new connection. libp2p tries to open its stream for ten seconds, to one peer after the other, and
 * never again: to a peer that was busy just then nothing could be published as long as the connection lasts.
 */
const GOSSIP_TIMEOUT_MS = 45_000
const POLL_MS = 250

type Options = {
  log: Log
  signal: AbortSignal
  /** @default 45 seconds */
  gossipTimeoutMs?: number
}

/**
 * Dials each address and, whenever the connection is lost or nothing can be gossiped over it, dials again with pauses (see
 * {@link createPauses}), until `signal` aborts.
 */
export async function keepConnected(peer: MarketLibp2p, addresses: readonly string[], options: Options): Promise<void> {
  await Promise.all(addresses.map((address) => keepOne(peer, multiaddr(address), options)))
}

async function keepOne(
  peer: MarketLibp2p,
  address: Multiaddr,
  { log, signal, gossipTimeoutMs = GOSSIP_TIMEOUT_MS }: Options,
): Promise<void> {
  const pauses = createPauses()
  while (!signal.aborted) {
    try {
      const connection = await peer.dial(address, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]),
      })
      log('info', 'connected to a bootstrap peer', { address: address.toString() })
      const startedMs = performance.now()
      const within = AbortSignal.any([signal, AbortSignal.timeout(gossipTimeoutMs)])
      if (!(await gossips(peer, connection, within)) && !signal.aborted) {
        log('warn', 'a bootstrap peer does not gossip', { address: address.toString() })
        connection.abort(new Error('it does not gossip'))
      }
      await closed(connection, signal)
      pauses.lost(performance.now() - startedMs)
      log('warn', 'lost a bootstrap peer', { address: address.toString() })
    } catch (error) {
      if (signal.aborted) return
      log('warn', 'cannot reach a bootstrap peer', { address: address.toString(), error })
    }
    await delay(pauses.next(), signal, { ref: false }).catch(() => {})
  }
}

/** Whether what we publish goes to the peer by the time that `signal` aborts; nobody knows of a connection that is closed. */
async function gossips(peer: MarketLibp2p, connection: Connection, signal: AbortSignal): Promise<boolean> {
  while (connection.status === 'open' && !hasGossipStream(peer, connection.remotePeer)) {
    if (signal.aborted) return false
    await delay(POLL_MS, signal, { ref: false }).catch(() => {})
  }
  return true
}

/** Resolves once `connection` is closed or `signal` aborts. */
async function closed(connection: Connection, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  connection.addEventListener('close', done)
  signal.addEventListener('abort', done)
  if (connection.status !== 'open' || signal.aborted) done()
  await promise
  connection.removeEventListener('close', done)
  signal.removeEventListener('abort', done)
}
