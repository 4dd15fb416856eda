import type { Hex } from 'viem'

/** The pause before the second restart in a row, twice as long before each further one. The first comes at once. */
const FIRST_PAUSE_MS = 1_000

/** The tenant pays while it waits, so it never waits long. */
const LONGEST_PAUSE_MS = 60_000

/** A workload that ran so long after its last loss was not lost because of itself. */
const FORGIVEN_AFTER_MS = 600_000

/** When a workload that the host lost, again and again perhaps, may run again. In memory: another process starts afresh. */
export type Restarts = {
  lost(leaseId: Hex): void
  /** How long the next start still has to wait, in milliseconds; not above 0 if it may be made. */
  heldMs(leaseId: Hex): number
  forget(leaseId: Hex): void
  /** How many losses there were so far. */
  losses(): number
}

export function createRestarts(nowMs: () => number = () => performance.now()): Restarts {
  let count = 0
  const losses = new Map<Hex, { inARow: number; lastMs: number; notBeforeMs: number }>()
  return {
    lost(leaseId) {
      count++
      const now = nowMs()
      const before = losses.get(leaseId)
      const inARow = before && now - before.lastMs < FORGIVEN_AFTER_MS ? before.inARow + 1 : 1
      const pauseMs = inARow === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (inARow - 2))
      losses.set(leaseId, { inARow, lastMs: now, notBeforeMs: now + pauseMs })
    },
    heldMs: (leaseId) => (losses.get(leaseId)?.notBeforeMs ?? 0) - nowMs(),
    forget: (leaseId) => losses.delete(leaseId),
    losses: () => count,
  }
}
