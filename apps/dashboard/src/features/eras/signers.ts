import type { Era, Monitor } from '@tender/api'

/** A monitor as a report has it: signed, or missing. */
export type SignerRow = {
  monitor: string
  signed: boolean
  /** Whole stake tokens: when it signed, or else now. */
  weight: number
}

/**
 * Who signed a report, the heaviest first, and then who could have. Monitors that joined after it was posted, or that weigh nothing
 * now, are not missed.
 */
export function signerRows(era: Pick<Era, 'signers' | 'postedAt'>, monitors: readonly Monitor[]): SignerRow[] {
  const signed = era.signers.map(({ monitor, weight }) => ({ monitor, weight, signed: true }))
  const keys = new Set(era.signers.map(({ monitor }) => monitor.toLowerCase()))
  const missing = monitors
    .filter(({ key, weight, joinedAt }) => weight > 0 && joinedAt < era.postedAt && !keys.has(key.toLowerCase()))
    .map(({ key, weight }) => ({ monitor: key, weight, signed: false }))
  const heaviest = (a: SignerRow, b: SignerRow) => b.weight - a.weight
  return [...signed.sort(heaviest), ...missing.sort(heaviest)]
}
