import type { Hex } from 'viem'
import { type Attempt, createBackoff } from './backoff.ts'
import { decideMoney, decideWorkload, type LeaseFacts, type Step } from './decide.ts'
import { createEndWarnings } from './endWarnings.ts'
import { factsOf } from './factsOf.ts'
import { type KeeperOptions, reasonOf } from './keeperOptions.ts'
import { MAX_SETTLE_BATCH } from './leaseMarket.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { createMoneySteps } from './moneySteps.ts'
import { createRestarts } from './restarts.ts'
import { watchWorkloads } from './watchWorkloads.ts'
import { createWorkloadSteps } from './workloadSteps.ts'

export type Keeper = {
  /** Keeps every lease until aborted; resolves when nothing is in the middle of a step. Never rejects. */
  run(signal: AbortSignal): Promise<void>
  /** Looks at all leases again, now: something changed. */
  wake(): void
  /** What does not work for a lease now and is tried again, one sentence each. */
  troubles(leaseId: Hex): string[]
  counts(): KeeperCounts
}

/** What a keeper did so far. */
export type KeeperCounts = {
  /** Steps by kind. */
  done: ReadonlyMap<Attempt, number>
  failed: ReadonlyMap<Attempt, number>
  /** Workloads that the host lost. */
  lost: number
}

/** Even without news the loop looks this often: a missed event costs a delay, never a lease. */
const LONGEST_WAIT_MS = 30_000

const SHORTEST_WAIT_MS = 50

/** How often archives that are kept no longer are removed. */
const SWEEP_EVERY_MS = 3_600_000

/** A step that is being made. `abort`: ends it early. */
type Busy = { step: Step; abort: AbortController }

/** A lease that is to be settled: by the report of an era, or, absent, by time. */
type Settling = { leaseId: Hex; era?: bigint | undefined }

/**
 * Brings every lease from where it is to where it should be, one idempotent {@link Step} at a time: what a crash left half
 * done is simply the next step. A lease's workload and its money go their own ways, so that a host in trouble costs nothing that
 * is earned; on each of the two, steps never overlap. Different leases do not wait for each other.
 */
export function createKeeper(options: KeeperOptions): Keeper {
  const { leases, policy, nowSeconds, log } = options
  const workloads = new Map<Hex, Busy>()
  const money = new Map<Hex, Busy>()
  const backoff = createBackoff()
  const restarts = createRestarts()
  const endWarnings = createEndWarnings(log)
  const counts = { done: new Map<Attempt, number>(), failed: new Map<Attempt, number>() }
  let awake = Promise.withResolvers<void>()
  const wake = () => awake.resolve()
  const watch = watchWorkloads(options, { backoff, restarts, wake })
  const workloadSteps = createWorkloadSteps(options, { backoff, restarts, unwatch: watch.unwatch })
  const moneySteps = createMoneySteps(options, { backoff, watch })

  /** Makes a step for some leases, and looks again when it is done. */
  function work(
    lane: Map<Hex, Busy>,
    ids: readonly Hex[],
    step: Step,
    { signal, perform }: { signal: AbortSignal; perform(within: AbortSignal): Promise<void> },
  ): void {
    const busy: Busy = { step, abort: new AbortController() }
    for (const id of ids) lane.set(id, busy)
    const within = AbortSignal.any([signal, busy.abort.signal])
    void perform(within)
      .then(() => settled(ids, attemptOf(step)))
      .catch((error) => {
        if (!within.aborted) failed(ids, attemptOf(step), error)
      })
      .finally(() => {
        for (const id of ids) lane.delete(id)
        wake()
      })
  }

  function settled(ids: readonly Hex[], attempt: Attempt): void {
    counts.done.set(attempt, (counts.done.get(attempt) ?? 0) + 1)
    for (const id of ids) {
      backoff.succeeded(id, attempt)
      if (!leases.live().some(({ leaseId }) => leaseId === id)) backoff.forget(id)
    }
  }

  function failed(ids: readonly Hex[], attempt: Attempt, error: unknown): void {
    log.warn({ error, leases: ids, attempt }, 'a step failed and will be tried again')
    counts.failed.set(attempt, (counts.failed.get(attempt) ?? 0) + 1)
    for (const id of ids) backoff.failed(id, attempt, reasonOf(error))
  }

  /** How long a step still has to wait, in milliseconds; not above 0 if it may be made. */
  function heldMs(id: Hex, attempt: Attempt): number {
    const retryMs = backoff.heldMs(id, attempt)
    return attempt === 'start' ? Math.max(retryMs, restarts.heldMs(id)) : retryMs
  }

  /** @returns how long nothing else will be due, in milliseconds */
  function turnWorkload(record: LeaseRecord, facts: LeaseFacts, signal: AbortSignal): number {
    const { leaseId, chain } = record
    const busy = workloads.get(leaseId)
    if (busy) {
      // Nobody pays any more for what is still being put in place.
      if (chain.stop <= nowSeconds() && (busy.step.do === 'start' || busy.step.do === 'update')) busy.abort.abort()
      return LONGEST_WAIT_MS
    }
    const step = decideWorkload(facts, nowSeconds(), policy)
    const waitMs = waitOf(leaseId, step)
    if (waitMs > 0) return waitMs
    const perform = (within: AbortSignal) => workloadSteps.perform(record, step, within)
    work(workloads, [leaseId], step, { signal, perform })
    return LONGEST_WAIT_MS
  }

  /** @returns how the lease is to be settled, if it is, and how long nothing else will be due, in milliseconds */
  function turnMoney(
    record: LeaseRecord,
    facts: LeaseFacts,
    signal: AbortSignal,
  ): { settles?: Settling; waitMs: number } {
    const { leaseId, reported } = record
    const none = { waitMs: LONGEST_WAIT_MS }
    if (money.has(leaseId)) return none
    const step = decideMoney(withoutHeld(leaseId, facts), nowSeconds(), policy)
    const waitMs = waitOf(leaseId, step)
    if (waitMs > 0) return { waitMs }
    if (step.do === 'settle') return { ...none, settles: { leaseId } }
    if (step.do === 'settleServed') return { ...none, settles: { leaseId, era: reported?.era } }
    const perform = (within: AbortSignal) => moneySteps.perform(record, step, within)
    work(money, [leaseId], step, { signal, perform })
    return none
  }

  /** Leases that are settled alike are settled together. */
  function settle(due: readonly Settling[], signal: AbortSignal): void {
    for (const [era, group] of Map.groupBy(due, (one) => one.era)) {
      for (let first = 0; first < group.length; first += MAX_SETTLE_BATCH) {
        const ids = group.slice(first, first + MAX_SETTLE_BATCH).map(({ leaseId }) => leaseId)
        const perform = (within: AbortSignal) => {
          const records = ids.flatMap((id) => leases.get(id) ?? [])
          return era === undefined ? moneySteps.settle(records, within) : moneySteps.settleServed(era, records, within)
        }
        work(money, ids, { do: era === undefined ? 'settle' : 'settleServed' }, { signal, perform })
      }
    }
  }

  /** What has to wait before it is tried again must not keep the lease from being settled. */
  function withoutHeld(id: Hex, facts: LeaseFacts): LeaseFacts {
    return {
      ...facts,
      interrupts: facts.interrupts && heldMs(id, 'interrupt') <= 0,
      ...(heldMs(id, 'extend') > 0 && { extend: undefined }),
    }
  }

  /** Above 0 for a step that is not to be made now. */
  function waitOf(id: Hex, step: Step): number {
    if (step.do === 'nothing') return LONGEST_WAIT_MS
    if (step.do === 'wait') return Math.max(SHORTEST_WAIT_MS, (step.untilSeconds - nowSeconds()) * 1000)
    return heldMs(id, step.do)
  }

  /** Starts whatever is due. @returns how long nothing else will be, in milliseconds */
  function turn(signal: AbortSignal): number {
    const toSettle: Settling[] = []
    let waitMs = LONGEST_WAIT_MS
    for (const record of leases.live()) {
      watch.watch(record, signal)
      endWarnings.look(record, nowSeconds())
      const facts = factsOf(record, { leases, reporting: options.reporting(), nowSeconds: nowSeconds() })
      const { settles, ...due } = turnMoney(record, facts, signal)
      if (settles) toSettle.push(settles)
      waitMs = Math.min(waitMs, due.waitMs, turnWorkload(record, facts, signal))
    }
    settle(toSettle, signal)
    return Math.max(SHORTEST_WAIT_MS, waitMs)
  }

  async function sweep(): Promise<void> {
    await options.archives.retain((id) => {
      // CAST: archives are named by their leases; what else lies there is unwanted
      const record = leases.get(id as Hex)
      // Of a lease that was just stopped it may be there before its record says so.
      return record?.archive ? record.archive.until > nowSeconds() : record?.phase === 'stopped'
    })
  }

  return {
    wake,
    troubles: (leaseId) => backoff.troubles(leaseId),
    counts: () => ({ ...counts, lost: restarts.losses() }),
    async run(signal) {
      signal.addEventListener('abort', wake, { once: true })
      let sweepAtMs = 0
      while (!signal.aborted) {
        awake = Promise.withResolvers<void>()
        if (performance.now() >= sweepAtMs) {
          sweepAtMs = performance.now() + SWEEP_EVERY_MS
          sweep().catch((error) => log.warn({ error }, 'old archives cannot be removed'))
        }
        const timer = setTimeout(wake, turn(signal))
        await awake.promise
        clearTimeout(timer)
      }
      while (workloads.size + money.size > 0) {
        awake = Promise.withResolvers<void>()
        await awake.promise
      }
    },
  }
}

function attemptOf(step: Step): Attempt {
  if (step.do === 'wait' || step.do === 'nothing') throw new TypeError(`${step.do} is no attempt`)
  return step.do
}
