import { type Hex, zeroHash } from 'viem'
import { createDraw } from './assign.ts'
import { compareBytes, writeHex } from './bytes.ts'
import { observationFields } from './canonicalBatch.ts'
import type { BatchView, EraLease, EraMonitor, FactsView, List, Observation } from './types.ts'

/** What a metric takes from an observation, and whose it is: a place in `facts.monitors`. */
export type Seen = Pick<Observation, 'probes' | 'upBps' | 'latencyMs' | 'spreadMs' | 'startedAt'> & { monitor: number }

/** Who was drawn for a lease, and what those of them that could see it saw. Places in `facts.monitors`, rising. */
export type Sighting = { assigned: readonly number[]; seen: readonly Seen[] }

/** What was seen of each lease; asked about in the order of the leases, each once. */
export type Observer = (lease: Pick<EraLease, 'lease' | 'seed'>) => Sighting

/** Finds a lease that does not come before the one asked for last. `key`: its bytes. */
type Cursor = (lease: Hex, key: Uint8Array) => Omit<Seen, 'monitor'> | undefined

const LEASE_BYTES = 32

/** Joins an era's batches with its draw. What a monitor says of leases that it was not drawn for is not heard. */
export function createObserver(
  { monitors, rules }: Pick<FactsView, 'monitors' | 'rules'>,
  batches: readonly BatchView[],
): Observer {
  const draw = createDraw(monitors, rules.redundancy)
  const cursors = cursorsOf(monitors, batches)
  const seedAndLease = new Uint8Array(2 * LEASE_BYTES)
  const key = seedAndLease.subarray(LEASE_BYTES)
  return ({ lease, seed }) => {
    writeHex(seed, seedAndLease, 0)
    writeHex(lease, seedAndLease, LEASE_BYTES)
    // Opened in the era's last block: the block that draws its monitors is not there yet.
    const assigned = seed === zeroHash ? [] : draw(seedAndLease)
    const seen: Seen[] = []
    for (const monitor of assigned) {
      const found = cursors[monitor]?.(lease, key)
      if (found && found.probes > 0) seen.push({ ...found, monitor })
    }
    return { assigned, seen }
  }
}

function cursorsOf(monitors: readonly EraMonitor[], batches: readonly BatchView[]): (Cursor | undefined)[] {
  const byMonitor = new Map(batches.map((batch) => [batch.monitor, batch.observations]))
  return monitors.map(({ monitor }) => {
    const observations = byMonitor.get(monitor)
    return observations && (isPacked(observations) ? packedCursor(observations) : listCursor(observations))
  })
}

function listCursor(list: List<Observation>): Cursor {
  let next = 0
  return (lease) => {
    for (; next < list.length; next++) {
      const observation = list.at(next)
      if (observation === undefined || observation.lease > lease) return undefined
      if (observation.lease === lease) return observation
    }
    return undefined
  }
}

type Packed = { packed: { bytes: Uint8Array; from: number; width: number } }

function isPacked(list: List<Observation>): list is List<Observation> & Packed {
  return 'packed' in list
}

/** Reads only what is needed: of millions of observations, no hash and no lease becomes a text. */
function packedCursor({ length, packed: { bytes, from, width } }: List<Observation> & Packed): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { probes, upBps, latencyMs, spreadMs, startedAt } = observationFields
  let next = 0
  return (_, key) => {
    for (; next < length; next++) {
      const at = from + next * width
      const order = compareBytes(bytes, at, key, 0, LEASE_BYTES)
      if (order > 0) return undefined
      if (order < 0) continue
      return {
        probes: view.getUint32(at + probes),
        upBps: view.getUint16(at + upBps),
        latencyMs: view.getUint32(at + latencyMs),
        spreadMs: view.getUint32(at + spreadMs),
        startedAt: view.getUint8(at + startedAt) * 2 ** 32 + view.getUint32(at + startedAt + 1),
      }
    }
    return undefined
  }
}
