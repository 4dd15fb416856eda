import type { Probe } from '@tender/protocol'
import type { Hex } from 'viem'

/** A provider that seems to have vanished. Times are unix seconds. */
export type Suspicion = {
  lease: Hex
  /** The first round in which nothing of it answered. */
  endedAt: number
  /** Everything that was seen since. */
  probes: readonly Probe[]
}

/** One look at everything of a lease: its user path and a challenge. Unix seconds. */
export type Round = {
  at: number
  /** Visitors were answered, or its provider's key was there. */
  alive: boolean
}

/** What follows from a round. `again`: look again at `at`, or later. */
export type Verdict = { state: 'alive' } | { state: 'again'; at: number } | { state: 'vanished'; since: number }

/** Which providers may have vanished, by lease. */
export type Suspicions = {
  note(lease: Hex, round: Round): Verdict
  forget(lease: Hex): void
}

/**
 * A lease's provider vanished when in two rounds or more nothing of it answered, and the first of them is at least
 * `vanishedAfterSeconds` ago. Any sign of life begins anew. Pure but for what it remembers; a monitor that restarts begins anew too.
 */
export function createSuspicions(vanishedAfterSeconds: number): Suspicions {
  const since = new Map<Hex, number>()
  return {
    note(lease, { at, alive }) {
      if (alive) {
        since.delete(lease)
        return { state: 'alive' }
      }
      const first = since.get(lease)
      if (first === undefined) since.set(lease, at)
      const due = (first ?? at) + vanishedAfterSeconds
      return first !== undefined && at >= due ? { state: 'vanished', since: first } : { state: 'again', at: due }
    },
    forget: (lease) => void since.delete(lease),
  }
}
