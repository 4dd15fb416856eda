import { concatHex, type Hex, hexToBytes, keccak256, numberToHex, stringToHex } from 'viem'

/** A slot holds so many probes on average: few enough that going on after a restart costs nothing. */
const PROBES_PER_SLOT = 8

/** What a process of probes is drawn from. */
export type PoissonOptions = {
  /** Nobody else may know it: who did could serve at these times alone. */
  seed: Hex
  meanMs: number
}

/**
 * The first moment after `afterMs` of a Poisson process with `meanMs` between moments. The same seed and time give the same moment,
 * in any process, so that a restarted monitor goes on with the same times; nobody without the seed can tell when one is, not even
 * from all earlier ones.
 *
 * Time is cut into slots whose moments are drawn from the seed and the slot's number: the process forgets, so cutting it changes
 * nothing about it.
 *
 * @param afterMs unix time in milliseconds
 */
export function nextMoment({ seed, meanMs }: PoissonOptions, afterMs: number): number {
  const slotMs = meanMs * PROBES_PER_SLOT
  for (let slot = Math.floor(afterMs / slotMs); ; slot++) {
    const next = momentsIn(seed, slot, slotMs, meanMs).find((moment) => moment > afterMs)
    if (next !== undefined) return next
  }
}

function momentsIn(seed: Hex, slot: number, slotMs: number, meanMs: number): number[] {
  const moments: number[] = []
  const draw = drawsOf(keccak256(concatHex([seed, numberToHex(slot, { size: 8 })])))
  for (let at = exponential(draw(), meanMs); at < slotMs; at += exponential(draw(), meanMs)) {
    moments.push(slot * slotMs + at)
  }
  return moments
}

/** Evenly from (0, 1], of 32 bits each. */
function drawsOf(seed: Hex): () => number {
  let block = hexToBytes(seed)
  let at = 0
  return () => {
    if (at === block.length) {
      block = hexToBytes(keccak256(block))
      at = 0
    }
    const value = new DataView(block.buffer, block.byteOffset).getUint32(at)
    at += 4
    return (value + 1) / 2 ** 32
  }
}

function exponential(chance: number, mean: number): number {
  return -Math.log(chance) * mean
}

/**
 * The seed of one lease's probes of one kind in an era.
 *
 * @param secret of the monitor and the era, see `eraSecretMessage`
 */
export function seedOf(secret: Hex, lease: Hex, kind: string): Hex {
  return keccak256(concatHex([secret, lease, stringToHex(kind)]))
}

/**
 * What a monitor signs, for nobody to see: the hash of its signature is the secret of its times in an era. Deterministic, so that
 * nothing has to be kept; nobody without its key can know it.
 */
export function eraSecretMessage(reports: Hex, era: bigint): string {
  return `Times at which I probe in era ${era} of ${reports}. Never show this signature to anybody.`
}
