import type { Hex } from 'viem'
import { createBackoff } from '../leases/backoff.ts'
import { reasonOf } from '../leases/keeperOptions.ts'
import { decideJob, type JobStep, runsTasks } from './decideJob.ts'
import { jobFactsOf } from './jobFacts.ts'
import type { JobKeeperOptions } from './jobKeeperOptions.ts'
import type { JobPeers } from './jobPeers.ts'
import type { JobRecord } from './jobRecord.ts'
import { createJobSteps, type MadeStep } from './jobSteps.ts'
import { createTaskLines, type TaskCounts } from './taskLines.ts'

export type JobKeeper = {
  /** Keeps every job until aborted; resolves when nothing is in the middle of a step or a task. Never rejects. */
  run(peers: JobPeers, signal: AbortSignal): Promise<void>
  /** Looks at all jobs again, now: something changed. */
  wake(): void
  /** Tasks that run now. */
  running(leaseId: Hex): number[]
  /** What does not work for a job now and is tried again, one sentence each. */
  troubles(leaseId: Hex): string[]
  counts(): JobKeeperCounts
  /** Tells how long each task took until it was recorded, in seconds. */
  onTask(heard: (seconds: number) => void): void
}

/** What a keeper did so far. `queued`: tasks that wait now. */
export type JobKeeperCounts = {
  /** Steps by kind. */
  done: ReadonlyMap<string, number>
  failed: ReadonlyMap<string, number>
  tasks: TaskCounts
  queued: number
}

/** Even without news the loop looks this often. */
const LONGEST_WAIT_MS = 30_000
const SHORTEST_WAIT_MS = 50

/**
 * Brings every job from where it is to where it should be, one idempotent {@link JobStep} at a time, while its tasks run: what a
 * crash left half done is simply the next step. Different jobs do not wait for each other.
 */
export function createJobKeeper(options: JobKeeperOptions): JobKeeper {
  const { jobs, policy, nowSeconds, log } = options
  const busy = new Set<Hex>()
  const backoff = createBackoff<MadeStep['do']>()
  const counts = { done: new Map<string, number>(), failed: new Map<string, number>() }
  let awake = Promise.withResolvers<void>()
  const wake = () => awake.resolve()
  const lines = createTaskLines(options, wake)
  const count = (counted: Map<string, number>, step: string) => counted.set(step, (counted.get(step) ?? 0) + 1)

  function work(leaseId: Hex, step: MadeStep, signal: AbortSignal, perform: () => Promise<void>): void {
    busy.add(leaseId)
    void perform()
      .then(() => {
        count(counts.done, step.do)
        backoff.succeeded(leaseId, step.do)
        if (jobs.get(leaseId)?.tidied) backoff.forget(leaseId)
      })
      .catch((error) => {
        if (signal.aborted) return
        log.warn({ error, leaseId, step: step.do }, 'a step of a job failed and will be tried again')
        count(counts.failed, step.do)
        backoff.failed(leaseId, step.do, reasonOf(error))
      })
      .finally(() => {
        busy.delete(leaseId)
        wake()
      })
  }

  /** Makes a job's next step, if it is due. @returns how long nothing else will be, in milliseconds */
  function turnJob(record: JobRecord, step: JobStep, signal: AbortSignal, perform: Perform): number {
    const { leaseId } = record
    if (busy.has(leaseId) || step.do === 'nothing') return LONGEST_WAIT_MS
    if (step.do === 'wait' || step.do === 'run') return (step.untilSeconds - nowSeconds()) * 1000
    const heldMs = backoff.heldMs(leaseId, step.do)
    if (heldMs > 0) return heldMs
    work(leaseId, step, signal, () => perform(record, step, signal))
    return LONGEST_WAIT_MS
  }

  /** Starts whatever is due. @returns how long nothing else will be, in milliseconds */
  function turn(signal: AbortSignal, perform: Perform): number {
    const ready: JobRecord[] = []
    let waitMs = LONGEST_WAIT_MS
    for (const record of jobs.live()) {
      const facts = jobFactsOf(record, jobs.tasks(record.leaseId).length)
      if (runsTasks(facts, nowSeconds())) ready.push(record)
      waitMs = Math.min(waitMs, turnJob(record, decideJob(facts, nowSeconds(), policy), signal, perform))
    }
    return Math.max(SHORTEST_WAIT_MS, Math.min(waitMs, lines.turn(ready, signal)))
  }

  return {
    wake,
    running: lines.running,
    troubles: (leaseId) => [...backoff.troubles(leaseId), ...lines.troubles(leaseId)],
    onTask: lines.onDone,
    counts: () => ({ ...counts, tasks: lines.counts(), queued: lines.queued() }),
    async run(peers, signal) {
      const perform = createJobSteps(options, peers)
      signal.addEventListener('abort', wake, { once: true })
      const known = new Set(jobs.live().map(({ leaseId }) => leaseId))
      await options.places.retain(known).catch((error) => log.warn({ error }, 'what jobs left cannot be removed'))
      while (!signal.aborted) {
        awake = Promise.withResolvers<void>()
        const timer = setTimeout(wake, turn(signal, perform))
        await awake.promise
        clearTimeout(timer)
      }
      await lines.idle()
      while (busy.size > 0) {
        awake = Promise.withResolvers<void>()
        await awake.promise
      }
    },
  }
}

type Perform = ReturnType<typeof createJobSteps>
