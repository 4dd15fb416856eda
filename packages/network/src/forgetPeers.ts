import { KEEP_ALIVE } from '@libp2p/interface'
import type { Libp2pComponents } from './platform.ts'

const EVERY_MS = 60_000

type Known = Pick<Libp2pComponents, 'peerStore' | 'connectionManager'>

/**
 * libp2p remembers everybody whom it ever saw until somebody asks for them again hours later, and each lease's tenant comes as a new
 * peer: here nothing is remembered of who has gone. Who dials somebody names the addresses.
 */
export function forgetPeersThatLeft(known: Known): { start(): void; stop(): void } {
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    start() {
      // What could not be forgotten is the next time.
      timer = setInterval(() => void forgetPeers(known).catch(() => {}), EVERY_MS)
    },
    stop: () => clearInterval(timer),
  }
}

/** Forgets everybody who is not connected, but for whom libp2p is to connect to again: relays with a place for this peer. */
export async function forgetPeers({ peerStore, connectionManager }: Known): Promise<void> {
  for (const { id, tags } of await peerStore.all()) {
    const isWanted = [...tags.keys()].some((tag) => tag.startsWith(KEEP_ALIVE))
    if (!isWanted && connectionManager.getConnections(id).length === 0) await peerStore.delete(id)
  }
}
