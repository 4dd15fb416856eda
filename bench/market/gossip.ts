import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { quantile } from '../quantile.ts'
import type { BenchTable } from '../report/types.ts'
import type { GossipReading, GossipStart } from './gossipPeers.ts'
import { shown } from './shown.ts'

const TIMEOUT_MS = 600_000
const ORDERS = 8
const ways: readonly GossipStart['dials'][] = ['earlier peers', 'the first three']

/** How an order's gossip grows with those that pass it on, and nothing else runs: see `gossipPeers.ts`. */
export async function measureGossip(sizes: readonly number[], signal: AbortSignal): Promise<BenchTable> {
  const alone = await measureOne({ peers: 1, orders: ORDERS, dials: 'earlier peers' }, signal)
  const rows = [rowOf({ peers: 1, dials: 'nobody: the floor' }, alone, alone)]
  for (const peers of sizes) {
    for (const dials of ways) {
      console.error(`gossip among ${peers} peers that dialled ${dials}`)
      rows.push(rowOf({ peers, dials }, await measureOne({ peers, orders: ORDERS, dials }, signal), alone))
    }
  }
  return {
    title: 'Gossip of an order',
    columns: [
      { key: 'peers', label: 'peers' },
      { key: 'dials', label: 'each dialled' },
      { key: 'heard', label: 'peers that heard', unit: '%', digits: 1 },
      { key: 'p50', label: 'heard after, p50', unit: 'ms', digits: 0 },
      { key: 'p95', label: 'p95', unit: 'ms', digits: 0 },
      { key: 'bytes', label: 'received by a peer', unit: 'B', digits: 0 },
      { key: 'copies', label: 'of the floor', digits: 1 },
      { key: 'mostSent', label: 'sent by the busiest', unit: 'KiB', digits: 1 },
      { key: 'cpu', label: 'processor, a peer', unit: 'ms', digits: 2 },
      { key: 'memory', label: 'memory, a peer', unit: 'MiB', digits: 1 },
    ],
    rows,
    note: `${ORDERS} orders, one after the other, each by a new peer that dialled the first three. All peers share one process and its thread, so that times grow with what they compute together; bytes and processor time are an order's, beyond what peers use when nothing happens. The floor is a peer that is alone and receives the order once.`,
  }
}

type Shape = { peers: number; dials: string }

function rowOf({ peers, dials }: Shape, reading: GossipReading, floor: GossipReading): BenchTable['rows'][number] {
  const { heardShare, delaysMs, bytesPerOrder, mostSentPerOrder, cpuMsPerOrder, memoryPerPeerBytes } = reading
  return {
    peers,
    dials,
    heard: heardShare * 100,
    p50: shown(quantile(delaysMs, 0.5)),
    p95: shown(quantile(delaysMs, 0.95)),
    bytes: bytesPerOrder,
    copies: bytesPerOrder / floor.bytesPerOrder,
    mostSent: mostSentPerOrder / 1024,
    cpu: cpuMsPerOrder,
    memory: memoryPerPeerBytes / 2 ** 20,
  }
}

async function measureOne(start: GossipStart, signal: AbortSignal): Promise<GossipReading> {
  const child = fork(join(import.meta.dirname, 'gossipPeers.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const over = new AbortController()
  const ended = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error('the process with the peers ended')
  })
  try {
    child.send(start)
    const within = AbortSignal.any([signal, over.signal, AbortSignal.timeout(TIMEOUT_MS)])
    const [reading] = await Promise.race([once(child, 'message', { signal: within }), ended])
    return reading
  } finally {
    over.abort()
    await ended.catch(() => {})
    child.kill('SIGKILL')
  }
}
