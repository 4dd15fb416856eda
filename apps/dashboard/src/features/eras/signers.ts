import type { Era, EraTiming, Monitor } from '@tender/api'

/** A monitor as a report has it: signed, or missing. */
export type SignerRow = {
  monitor: string
  signed: boolean
  /** Whole stake tokens, when the report was posted. */
  weight: number
}

/** What a monitor weighs at a moment: a change counts from an era on, by the clock. */
export function weightAt(
  { weight, nextWeight, nextFrom }: Pick<Monitor, 'weight' | 'nextWeight' | 'nextFrom'>,
  at: number,
  { genesis, eraSeconds }: Pick<EraTiming, 'genesis' | 'eraSeconds'>,
): number {
  if (nextFrom === null) return weight
  return Math.floor((at - genesis) / eraSeconds) < nextFrom ? weight : nextWeight
}

/**
 * Who signed a report, the heaviest first, and then who could have. Monitors that joined after it was posted, or that weighed
 * nothing then, are not missed.
 */
export function signerRows(
  era: Pick<Era, 'signers' | 'postedAt'>,
  monitors: readonly Monitor[],
  timing: Pick<EraTiming, 'genesis' | 'eraSeconds'>,
): SignerRow[] {
  const signed = era.signers.map(({ monitor, weight }) => ({ monitor, weight, signed: true }))
  const keys = new Set(era.signers.map(({ monitor }) => monitor.toLowerCase()))
  const missing = monitors
    .map((monitor) => ({ ...monitor, weight: weightAt(monitor, era.postedAt, timing) }))
    .filter(({ key, weight, joinedAt }) => weight > 0 && joinedAt < era.postedAt && !keys.has(key.toLowerCase()))
    .map(({ key, weight }) => ({ monitor: key, weight, signed: false }))
  const heaviest = (a: SignerRow, b: SignerRow) => b.weight - a.weight
  return [...signed.sort(heaviest), ...missing.sort(heaviest)]
}
