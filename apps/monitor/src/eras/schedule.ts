import type { EraMonitor } from '@tender/protocol'
import { type Address, concatHex, type Hex, keccak256, numberToHex } from 'viem'
import type { EraTiming } from '../facts/chainFacts.ts'

/** How long each step of an agreement may take. */
export type Pace = {
  /** After an era's end, in which batches are exchanged before anybody proposes. */
  reportDelaySeconds: number
  /** For how long one leader is waited for. */
  roundSeconds: number
}

type Boundaries = Pick<EraTiming, 'genesis' | 'eraSeconds'>

/**
 * The last moment at which an era ends by the clock and that is past, or `undefined` if none after `from` is.
 *
 * @param time of the chain's newest block: only a later block shows that none with an earlier time can come
 */
export function lastBoundary({ genesis, eraSeconds }: Boundaries, from: number, time: number): number | undefined {
  const boundary = genesis + Math.floor((time - 1 - genesis) / eraSeconds) * eraSeconds
  return boundary > from ? boundary : undefined
}

export function isBoundary({ genesis, eraSeconds }: Boundaries, time: number): boolean {
  return time > genesis && (time - genesis) % eraSeconds === 0
}

/** Whose turn it is, counted from the end of the era; below 0 while batches are exchanged. All count alike: by the chain's clock. */
export function roundAt({ reportDelaySeconds, roundSeconds }: Pace, until: number, now: number): number {
  return Math.floor((now - until - reportDelaySeconds) / roundSeconds)
}

/** When a round begins, by the chain's clock. */
export function startOfRound({ reportDelaySeconds, roundSeconds }: Pace, until: number, round: number): number {
  return until + reportDelaySeconds + round * roundSeconds
}

/**
 * The monitors in the order in which they lead an attempt: each once, then over again. Nobody knew it before the era's last block.
 *
 * @example
 * const order = leaderOrder(signers, { blockHash, attempt: 0 })
 * const leader = order[round % order.length]
 */
export function leaderOrder(
  signers: readonly EraMonitor[],
  { blockHash, attempt }: { blockHash: Hex; attempt: number },
): Address[] {
  return signers
    .map(({ monitor }) => ({
      monitor,
      place: keccak256(concatHex([blockHash, numberToHex(attempt, { size: 4 }), monitor])),
    }))
    .sort((left, right) => (left.place < right.place ? -1 : 1))
    .map(({ monitor }) => monitor)
}

/** Whether monitors of this weight can post: more than two thirds. */
export function isQuorum(weight: number, total: number): boolean {
  return 3 * weight > 2 * total
}
