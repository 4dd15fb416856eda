import { type Driver, describeExit, type ExitResult, type Handle, WorkloadNotFoundError } from '@tender/driver'
import type { Logger } from '@tender/kit'
import { type Manifest, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './blobs.ts'
import { type DecidePolicy, decide, type Step } from './decide.ts'
import type { LeaseBook } from './leaseBook.ts'
import { type LeaseMarket, MAX_SETTLE_BATCH } from './leaseMarket.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { createRestarts } from './restarts.ts'
import { tidyBlobs } from './tidyBlobs.ts'
import { workloadOf } from './workload.ts'

export type Keeper = {
  /** Keeps every lease until aborted; resolves when nothing is in the middle of a step. Never rejects. */
  run(signal: AbortSignal): Promise<void>
  /** Looks at all leases again, now: something changed. */
  wake(): void
}

export type KeeperOptions = {
  leases: LeaseBook
  market: LeaseMarket
  /** The driver of a brief's kind; `undefined` if this host has none. */
  driverFor(kind: string): Driver | undefined
  blobs: Pick<Blobs, 'path' | 'retain'>
  policy: DecidePolicy
  nowSeconds(): number
  log: Logger
}

/** A workload that does not stop by itself in this time is killed. */
const STOP_GRACE_MS = 10_000

/** Even without news the loop looks this often: a missed event costs a delay, never a lease. */
const LONGEST_WAIT_MS = 30_000

/** A step that failed is tried again after this long, twice as long each time. */
const FIRST_RETRY_MS = 500

/** A host that failed to start a workload so often is given up, while leaving still costs the tenant nothing. */
const MOST_STARTS = 3

/** What is being retried: one that fails must not hold up another, least of all a stop. */
type Attempt = Step['do'] | 'watch'
type Retry = { attempt: Attempt; notBeforeMs: number; failures: number }

/**
 * Brings every lease from where it is to where it should be, one idempotent {@link Step} at a time: what a crash left half
 * done is simply the next step. A lease's steps never overlap; different leases do not wait for each other.
 */
export function createKeeper(options: KeeperOptions): Keeper {
  const { leases, market, policy, nowSeconds, log } = options
  const busy = new Set<Hex>()
  const watched = new Set<Hex>()
  const retries = new Map<Hex, Retry>()
  const restarts = createRestarts()
  let awake = Promise.withResolvers<void>()
  const wake = () => awake.resolve()

  /** Runs steps of some leases, and looks again when they are done. */
  function work(records: readonly LeaseRecord[], step: Step, signal: AbortSignal, perform: () => Promise<void>): void {
    const ids = records.map(({ leaseId }) => leaseId)
    for (const id of ids) busy.add(id)
    void perform()
      .then(() => forget(ids))
      .catch((error) => {
        if (!signal.aborted) defer(ids, step.do, error)
      })
      .finally(() => {
        for (const id of ids) busy.delete(id)
        wake()
      })
  }

  function forget(ids: readonly Hex[]): void {
    for (const id of ids) retries.delete(id)
  }

  function defer(ids: readonly Hex[], attempt: Attempt, error: unknown): void {
    log.warn({ error, leases: ids, attempt }, 'a step failed and will be tried again')
    for (const id of ids) {
      const failures = failuresOf(id, attempt) + 1
      const delayMs = Math.min(LONGEST_WAIT_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
      retries.set(id, { attempt, failures, notBeforeMs: Date.now() + delayMs })
    }
  }

  function failuresOf(id: Hex, attempt: Attempt): number {
    const retry = retries.get(id)
    return retry?.attempt === attempt ? retry.failures : 0
  }

  /** How long an attempt still has to wait, in milliseconds; not above 0 if it may be made. */
  function heldMs(id: Hex, attempt: Attempt): number {
    const retry = retries.get(id)
    const retryMs = retry?.attempt === attempt ? retry.notBeforeMs - Date.now() : 0
    return attempt === 'start' ? Math.max(retryMs, restarts.heldMs(id)) : retryMs
  }

  /** Starts whatever is due. @returns how long nothing else will be, in milliseconds */
  function turn(signal: AbortSignal): number {
    const toSettle: LeaseRecord[] = []
    let waitMs = LONGEST_WAIT_MS
    for (const record of leases.live()) {
      if (busy.has(record.leaseId)) continue
      watch(record, signal)
      const step = decide(record.phase, record.chain, nowSeconds(), policy)
      const held = heldMs(record.leaseId, step.do)
      if (step.do === 'nothing') continue
      if (step.do === 'wait') waitMs = Math.min(waitMs, (step.untilSeconds - nowSeconds()) * 1000)
      else if (held > 0) waitMs = Math.min(waitMs, held)
      else if (step.do === 'settle') toSettle.push(record)
      else work([record], step, signal, () => perform(record, step, signal))
    }
    for (let first = 0; first < toSettle.length; first += MAX_SETTLE_BATCH) {
      const batch = toSettle.slice(first, first + MAX_SETTLE_BATCH)
      work(batch, { do: 'settle' }, signal, () => settle(batch, signal))
    }
    return Math.max(50, waitMs)
  }

  function settle(batch: readonly LeaseRecord[], signal: AbortSignal): Promise<void> {
    return onChain(batch, signal, () =>
      market.settle(
        batch.map(({ terms }) => terms),
        signal,
      ),
    )
  }

  /** Asks the chain afterwards, after a failure too: what somebody else has done meanwhile is not tried again. */
  async function onChain(
    records: readonly LeaseRecord[],
    signal: AbortSignal,
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await act()
    } finally {
      await Promise.all(records.map(({ leaseId }) => leases.refresh(leaseId, signal)))
    }
  }

  async function perform(record: LeaseRecord, step: Step, signal: AbortSignal): Promise<void> {
    const { leaseId, terms } = record
    switch (step.do) {
      case 'start':
        await start(record, signal)
        return tidyBlobs(leases, options.blobs)
      case 'stop':
        return stop(record)
      case 'resume':
        return leases.update(leaseId, { phase: record.handle ? 'running' : 'accepted' })
      case 'destroy':
        if (record.handle) await driverOf(record.handle.driver).destroy(record.handle)
        leases.update(leaseId, { phase: 'destroyed', handle: undefined })
        return tidyBlobs(leases, options.blobs)
      case 'release':
        return onChain([record], signal, () => market.release(terms, signal))
      case 'abandon':
        log.warn({ leaseId, because: step.because, reason: record.reason }, 'abandoning')
        return onChain([record], signal, () =>
          market.abandon(terms, step.because, record.reason ?? 'the manifest never came', signal),
        )
    }
  }

  async function stop({ leaseId, handle: kept, manifest }: LeaseRecord): Promise<void> {
    // A start that was cut off between its effect and its record left a workload without a handle.
    const handle = kept ?? (manifest && (await driverOf(manifest.brief.driver).find(leaseId)))
    if (handle) await driverOf(handle.driver).stop(handle, { graceMs: STOP_GRACE_MS })
    leases.update(leaseId, { phase: 'stopped', handle })
    restarts.forget(leaseId)
    log.info({ leaseId }, 'stopped')
  }

  async function start(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { leaseId, manifest } = record
    if (!manifest) throw new TenderError('accepted without a manifest', { code: 'noManifest', class: 'internal' })
    try {
      const handle = await startFresh(record, manifest, signal)
      leases.update(leaseId, { phase: 'running', handle, reason: undefined })
      log.info({ leaseId, driver: handle.driver }, 'running')
    } catch (error) {
      const hopeless = error instanceof TenderError && error.class === 'user'
      if (signal.aborted || (!hopeless && failuresOf(leaseId, 'start') + 1 < MOST_STARTS)) throw error
      log.warn({ leaseId, error }, 'cannot be started')
      leases.update(leaseId, { phase: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  /** A workload that was lost, as after a restart of the host, is run again; any other is run once. */
  async function startFresh(record: LeaseRecord, manifest: Manifest, signal: AbortSignal): Promise<Handle> {
    const driver = driverOf(manifest.brief.driver)
    if (record.handle) {
      await driver.destroy(record.handle)
      // Or a crash right after the start would make the next life destroy what runs, for the one that was lost.
      leases.update(record.leaseId, { handle: undefined })
    }
    return driver.start(workloadOf(record.leaseId, manifest, options.blobs), signal)
  }

  /** Follows a running workload to its end, whichever process started it. */
  function watch({ leaseId, phase, handle }: LeaseRecord, signal: AbortSignal): void {
    if (phase !== 'running' || !handle || watched.has(leaseId) || heldMs(leaseId, 'watch') > 0) return
    watched.add(leaseId)
    void endOf(handle, signal)
      .then((result) => ended(leaseId, result))
      .catch((error) => {
        // Aborted: the next process watches on.
        if (!signal.aborted) defer([leaseId], 'watch', error)
      })
      .finally(() => {
        watched.delete(leaseId)
        wake()
      })
  }

  async function endOf(handle: Handle, signal: AbortSignal): Promise<ExitResult> {
    try {
      const driver = driverOf(handle.driver)
      await driver.recover(handle, signal)
      return await driver.wait(handle, signal)
    } catch (error) {
      if (error instanceof WorkloadNotFoundError) return { reason: { kind: 'lost' }, atMs: Date.now() }
      throw error
    }
  }

  function ended(leaseId: Hex, { reason }: ExitResult): void {
    if (leases.get(leaseId)?.phase !== 'running') return
    const text = describeExit(reason)
    log.info({ leaseId, reason: text }, 'the workload ended')
    // Nobody who wanted the lease to end did this: the lease runs on, so its workload runs again.
    if (reason.kind === 'lost' || reason.kind === 'stopped') {
      restarts.lost(leaseId)
      leases.update(leaseId, { phase: 'accepted' })
    } else if (reason.kind === 'exited' && reason.code === 0)
      leases.update(leaseId, { phase: 'completed', reason: text })
    else leases.update(leaseId, { phase: 'failed', reason: text })
  }

  function driverOf(kind: string): Driver {
    const driver = options.driverFor(kind)
    if (driver) return driver
    throw new TenderError(`this host has no ${kind} driver`, { code: 'noDriver', class: 'user' })
  }

  return {
    wake,
    async run(signal) {
      signal.addEventListener('abort', wake, { once: true })
      while (!signal.aborted) {
        awake = Promise.withResolvers<void>()
        const timer = setTimeout(wake, turn(signal))
        await awake.promise
        clearTimeout(timer)
      }
      while (busy.size > 0) {
        awake = Promise.withResolvers<void>()
        await awake.promise
      }
    },
  }
}
