import type { Hex } from 'viem'
import type { Step } from './decide.ts'

/** What is being retried: one that fails must not hold up another, least of all a stop. */
export type Attempt = Exclude<Step['do'], 'wait' | 'nothing'> | 'watch'

/** When what failed may be tried again. In memory: another process starts afresh. */
export type Backoff<Kind extends string = Attempt> = {
  /** Doubles the pause before the next try. */
  failed(leaseId: Hex, attempt: Kind, why: string): void
  succeeded(leaseId: Hex, attempt: Kind): void
  /** Failures in a row. */
  failures(leaseId: Hex, attempt: Kind): number
  /** How long the next try still has to wait, in milliseconds; not above 0 if it may be made. */
  heldMs(leaseId: Hex, attempt: Kind): number
  /** What is failing now, one sentence each. */
  troubles(leaseId: Hex): string[]
  forget(leaseId: Hex): void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/** A tenant without money, and a chain that says no, seldom change their mind within seconds. */
const LONGEST_EXTEND_RETRY_MS = 600_000

/** By the monotonic clock: a jump of the wall clock holds nothing up. */
export function createBackoff<Kind extends string = Attempt>(
  nowMs: () => number = () => performance.now(),
): Backoff<Kind> {
  const retries = new Map<Hex, Map<Kind, { failures: number; notBeforeMs: number; why: string }>>()
  const find = (leaseId: Hex, attempt: Kind) => retries.get(leaseId)?.get(attempt)
  return {
    failed(leaseId, attempt, why) {
      const failures = (find(leaseId, attempt)?.failures ?? 0) + 1
      const longestMs = attempt === 'extend' ? LONGEST_EXTEND_RETRY_MS : LONGEST_RETRY_MS
      const notBeforeMs = nowMs() + Math.min(longestMs, FIRST_RETRY_MS * 2 ** (failures - 1))
      const ofLease = retries.get(leaseId) ?? new Map()
      retries.set(leaseId, ofLease.set(attempt, { failures, notBeforeMs, why }))
    },
    succeeded: (leaseId, attempt) => void retries.get(leaseId)?.delete(attempt),
    failures: (leaseId, attempt) => find(leaseId, attempt)?.failures ?? 0,
    heldMs: (leaseId, attempt) => (find(leaseId, attempt)?.notBeforeMs ?? 0) - nowMs(),
    troubles: (leaseId) => [...(retries.get(leaseId) ?? [])].map(([attempt, { why }]) => `${attempt} fails: ${why}`),
    forget: (leaseId) => void retries.delete(leaseId),
  }
}
