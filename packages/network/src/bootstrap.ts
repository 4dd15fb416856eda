import type { Connection, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { delay } from './delay.ts'
import type { Log } from './log.ts'
import { createPauses } from './pauses.ts'

const DIAL_TIMEOUT_MS = 10_000

/** Dials each address and, whenever the connection is lost, dials again with pauses (see {@link createPauses}), until `signal` aborts. */
export async function keepConnected(
  peer: Libp2p,
  addresses: readonly string[],
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  await Promise.all(addresses.map((address) => keepOne(peer, multiaddr(address), log, signal)))
}

async function keepOne(peer: Libp2p, address: Multiaddr, log: Log, signal: AbortSignal): Promise<void> {
  const pauses = createPauses()
  while (!signal.aborted) {
    try {
      const connection = await peer.dial(address, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]),
      })
      log('info', 'connected to a bootstrap peer', { address: address.toString() })
      const startedMs = performance.now()
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
