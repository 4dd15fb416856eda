import type { Address, Hex } from 'viem'
import { writeHex } from './bytes.ts'
import { keccakInto } from './keccak.ts'
import { negativeLog } from './negativeLog.ts'
import type { EraMonitor } from './types.ts'

/** Draws the monitors of one lease from its seed's 32 bytes and its own. Indices into the list of monitors, rising. */
export type Draw = (seedAndLease: Uint8Array) => readonly number[]

/** A monitor in the race for one lease. */
type Runner = { index: number; time: number; weight: number; tie: number }

/**
 * The monitors of a lease in an era: `redundancy` of them, or all if there are no more, sorted as `monitors` is. Nobody who does
 * not know the seed can tell who they will be.
 *
 * Weighted rendezvous: from the hash of seed and lease and from its own address each monitor gets a number u, uniform in (0, 1], by
 * an integer mixer, and those with the least -log(u) / weight are drawn. That is a race of exponential clocks that run as fast as
 * the weights: the first place goes to each in proportion to its weight, the next among the rest likewise. A monitor that comes
 * or goes changes only the leases that it gains or gives up. Logarithms are integers, and quotients are compared as products,
 * exactly: no machine's rounding decides.
 *
 * @example
 * assignedMonitors(seed, lease, facts.monitors, facts.rules.redundancy) // ['0x12…', '0x80…', …]
 */
export function assignedMonitors(
  seed: Hex,
  lease: Hex,
  monitors: readonly EraMonitor[],
  redundancy: number,
): readonly Address[] {
  const bytes = new Uint8Array(64)
  writeHex(seed, bytes, 0)
  writeHex(lease, bytes, 32)
  return createDraw(monitors, redundancy)(bytes).flatMap((index) => monitors[index]?.monitor ?? [])
}

/** {@link assignedMonitors} for many leases: what does not change from lease to lease is prepared once. */
export function createDraw(monitors: readonly EraMonitor[], redundancy: number): Draw {
  const all = monitors.flatMap(({ weight }, index) => (weight > 0 ? [index] : []))
  if (all.length <= redundancy) return () => all
  const keys = Uint32Array.from(monitors.flatMap(({ monitor }) => monitorKey(monitor)))
  const digest = new Uint8Array(32)
  const view = new DataView(digest.buffer)
  const runners = all.map((index): Runner => ({ index, time: 0, weight: monitors[index]?.weight ?? 0, tie: 0 }))
  return (seedAndLease) => {
    keccakInto(seedAndLease, 0, 64, digest, 0)
    const high = view.getUint32(0)
    const low = view.getUint32(4)
    for (const runner of runners) {
      const a = mix(high ^ (keys[2 * runner.index] ?? 0))
      const b = mix(low ^ (keys[2 * runner.index + 1] ?? 0) ^ a)
      runner.tie = b >>> 0
      runner.time = negativeLog(mix(a + Math.imul(b, 0x9e3779b1)) >>> 0)
    }
    return first(runners, redundancy)
      .map(({ index }) => index)
      .sort((a, b) => a - b)
  }
}

/** The first `count` to arrive. */
function first(runners: readonly Runner[], count: number): Runner[] {
  const places: Runner[] = []
  for (const runner of runners) {
    let place = places.length
    for (; place > 0; place--) {
      const other = places[place - 1]
      if (other === undefined || !isEarlier(runner, other)) break
    }
    if (place === count) continue
    places.splice(place, 0, runner)
    if (places.length > count) places.pop()
  }
  return places
}

/**
 * Whether `a.time / a.weight` is less. Products of doubles are rounded, but never past each other: only where they come out the
 * same do the exact ones decide.
 */
export function isEarlier(a: Omit<Runner, 'index'>, b: Omit<Runner, 'index'>): boolean {
  const left = a.time * b.weight
  const right = b.time * a.weight
  if (left !== right) return left < right
  const difference = BigInt(a.time) * BigInt(b.weight) - BigInt(b.time) * BigInt(a.weight)
  return difference === 0n ? a.tie < b.tie : difference < 0n
}

/** Two words that tell monitors apart. */
function monitorKey(monitor: Address): [number, number] {
  const bytes = new Uint8Array(32)
  const length = writeHex(monitor, bytes, 0)
  keccakInto(bytes, 0, length, bytes, 0)
  const view = new DataView(bytes.buffer)
  return [view.getUint32(0), view.getUint32(4)]
}

/** The last step of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
