import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Seen } from './containers.ts'

/** For requests under way, and for those of who has just asked where to send them. */
const DRAIN_MS = { least: 500, most: 10_000 }
const POLL_MS = 100

/** Waits until the old containers have no connection open, at most so long. */
export async function drain(old: readonly Seen[], signal: AbortSignal): Promise<void> {
  const until = Date.now() + DRAIN_MS.most
  await delay(DRAIN_MS.least, undefined, { signal }).catch(() => {})
  while (Date.now() < until && !signal.aborted && old.some(({ pid }) => pid > 0 && hasConnections(pid)))
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
}

const ESTABLISHED = '01'

/** By the tables of the container's own network: an established connection to a port on which it listens. */
function hasConnections(pid: number): boolean {
  const rows = ['tcp', 'tcp6'].flatMap((table) => {
    try {
      return readFileSync(`/proc/${pid}/net/${table}`, 'latin1').split('\n').slice(1)
    } catch {
      // It has ended.
      return []
    }
  })
  const sockets = rows
    .map((row) => row.trim().split(/\s+/))
    .map(([, local = '', , state]) => ({ port: local.split(':')[1], state }))
  const listening = new Set(sockets.filter(({ state }) => state === '0A').map(({ port }) => port))
  return sockets.some(({ port, state }) => state === ESTABLISHED && listening.has(port))
}
