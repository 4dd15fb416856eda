import type { IsMonitor } from '@tender/network'
import type { Address } from 'viem'

/** Weights change once an era; whoever just joined must not wait long to be believed. */
const KNOWN_MS = 60_000
const UNKNOWN_MS = 5_000
/** A look serves all who wait for it, so none of them may abort it. */
type Look = { monitors: Promise<ReadonlySet<Address>>; atMs: number }

/**
 * Whether an account is a monitor, by a list that is asked for at most once a minute, or every five seconds while strangers ask.
 *
 * @param list accounts that have weight, or will have
 */
export function createKnownMonitors(
  list: () => Promise<readonly Address[]>,
  nowMs: () => number = () => performance.now(),
): IsMonitor {
  let last: Look | undefined

  function look(maxAgeMs: number): Look {
    if (last && nowMs() - last.atMs < maxAgeMs) return last
    const asked: Look = { monitors: list().then((accounts) => new Set(accounts)), atMs: nowMs() }
    last = asked
    // A failure is not kept.
    asked.monitors.catch(() => {
      if (last === asked) last = undefined
    })
    return asked
  }
  return async (address) => {
    if ((await look(KNOWN_MS).monitors).has(address)) return true
    return (await look(UNKNOWN_MS).monitors).has(address)
  }
}
