import { describeExit, type ExitResult, type Handle, WorkloadNotFoundError } from '@tender/driver'
import type { Hex } from 'viem'
import type { Backoff } from './backoff.ts'
import { describeStatus, gatherEvidence, newEvidence } from './evidence.ts'
import { driverOf, type KeeperOptions, reasonOf, sentence } from './keeperOptions.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import type { Restarts } from './restarts.ts'

/** How often a workload that is not well yet is looked at. */
const LOOK_EVERY_MS = 1_000

/** Follows running workloads to their ends, whichever process started them. */
export type WorkloadWatch = {
  /** Begins, if it has not and there is something to follow. */
  watch(record: LeaseRecord, signal: AbortSignal): void
  /** Lets go: another handle is about to take this one's place. */
  unwatch(leaseId: Hex): void
  /** What was last seen of it, in words. */
  lastSeen(leaseId: Hex): string | undefined
}

type Watched = { handle: Handle; abort: AbortController; lastSeen: string | undefined }

type Helpers = { backoff: Backoff; restarts: Restarts; wake(): void }

export function watchWorkloads(options: KeeperOptions, { backoff, restarts, wake }: Helpers): WorkloadWatch {
  const { leases, nowSeconds, log } = options
  const watched = new Map<Hex, Watched>()

  /** Then it is the keeper who ends the workload, and says why. */
  const isOver = ({ chain }: LeaseRecord) => chain.stop <= nowSeconds()

  /** Resolves when it was well for the first time, or `signal` aborts. */
  async function untilWell(leaseId: Hex, seen: Watched, signal: AbortSignal): Promise<void> {
    const driver = driverOf(options, seen.handle.driver)
    while (!signal.aborted && leases.get(leaseId)?.readyAt === undefined) {
      const status = await driver.inspect(seen.handle)
      seen.lastSeen = sentence(describeStatus(status))
      if (status.state === 'running' && status.waitingFor === undefined && !signal.aborted) {
        leases.update(leaseId, { readyAt: nowSeconds() })
        return wake()
      }
      await pause(LOOK_EVERY_MS, signal)
    }
  }

  async function endOf(leaseId: Hex, seen: Watched, signal: AbortSignal): Promise<ExitResult> {
    const driver = driverOf(options, seen.handle.driver)
    const ended = new AbortController()
    try {
      await driver.recover(seen.handle, signal)
      const until = AbortSignal.any([signal, ended.signal])
      // Whether it is well is a question beside its end; where that cannot be asked, the wait below says so.
      untilWell(leaseId, seen, until).catch((error) => {
        if (!until.aborted) log.debug({ leaseId, error }, 'cannot be looked at')
      })
      return await driver.wait(seen.handle, signal)
    } catch (error) {
      if (error instanceof WorkloadNotFoundError) return { reason: { kind: 'lost' }, atMs: Date.now() }
      throw error
    } finally {
      ended.abort()
    }
  }

  async function ended(leaseId: Hex, seen: Watched, { reason }: ExitResult, signal: AbortSignal): Promise<void> {
    const isStill = () => {
      const now = leases.get(leaseId)
      return now?.phase === 'running' && now.handle === seen.handle && !isOver(now) ? now : undefined
    }
    const record = isStill()
    if (!record) return
    const text = sentence(describeExit(reason))
    log.info({ leaseId, reason: text }, 'the workload ended')
    // Nobody who wanted the lease to end did this: the lease runs on, so its workload runs again.
    if (reason.kind === 'lost' || reason.kind === 'stopped') {
      restarts.lost(leaseId)
      return leases.update(leaseId, { phase: 'accepted' })
    }
    const driver = options.driverFor(seen.handle.driver)
    const { lastSeen: lastStatus } = seen
    const facts = { record, reason: text, endedAt: nowSeconds(), exit: reason, lastStatus }
    const evidence = await gatherEvidence(facts, driver, signal)
    const now = isStill()
    if (!now) return
    const phase = reason.kind === 'exited' && reason.code === 0 ? 'completed' : 'failed'
    leases.update(leaseId, { phase, reason: text, ...newEvidence(now, evidence) })
  }

  function release(leaseId: Hex, seen: Watched): void {
    if (watched.get(leaseId) === seen) watched.delete(leaseId)
  }

  return {
    watch(record, signal) {
      const { leaseId, phase, handle, update } = record
      const before = watched.get(leaseId)
      // A handle that is being replaced leads nowhere, or soon will.
      if (phase !== 'running' || !handle || update?.state === 'running' || isOver(record)) return
      if (before?.handle === handle || backoff.heldMs(leaseId, 'watch') > 0) return
      before?.abort.abort()
      const seen: Watched = { handle, abort: new AbortController(), lastSeen: undefined }
      watched.set(leaseId, seen)
      const within = AbortSignal.any([signal, seen.abort.signal])
      void endOf(leaseId, seen, within)
        .then((result) => ended(leaseId, seen, result, within))
        .then(() => backoff.succeeded(leaseId, 'watch'))
        .catch((error) => {
          // Aborted: the next process watches on, or the next handle is watched.
          if (within.aborted) return
          log.warn({ leaseId, error }, 'the workload cannot be followed for now')
          backoff.failed(leaseId, 'watch', reasonOf(error))
        })
        .finally(() => {
          release(leaseId, seen)
          wake()
        })
    },
    unwatch(leaseId) {
      watched.get(leaseId)?.abort.abort()
      watched.delete(leaseId)
    },
    lastSeen: (leaseId) => watched.get(leaseId)?.lastSeen,
  }
}

/** Resolves after a while, or when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise.finally(() => clearTimeout(timer))
}
