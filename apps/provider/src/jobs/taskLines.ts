import { UnsupportedWorkloadError } from '@tender/driver'
import type { Hex } from 'viem'
import { createBackoff } from '../leases/backoff.ts'
import { reasonOf } from '../leases/keeperOptions.ts'
import type { JobKeeperOptions } from './jobKeeperOptions.ts'
import { deadlineOf, type JobRecord, tasksAtOnce, tasksOf } from './jobRecord.ts'
import { pickTasks, type QueuedJob } from './pickTasks.ts'
import { runTask } from './runTask.ts'

/** What happened to tasks since the start. */
export type TaskCounts = {
  /** Recorded. */
  done: number
  /** Of these, those that did not exit with 0. */
  failed: number
  /** Runs that the host failed at, which were or will be made again. */
  retried: number
}

/** The tasks of all jobs, waiting and running. */
export type TaskLines = {
  /**
   * Starts what may run now of these jobs, and ends what runs of others.
   *
   * @returns how long nothing else can be started, in milliseconds, unless a task ends
   */
  turn(jobs: readonly JobRecord[], signal: AbortSignal): number
  running(leaseId: Hex): number[]
  /** Tasks that wait for a place or for another try. */
  queued(): number
  counts(): TaskCounts
  /** Tells how long each task took until it was recorded, in seconds. */
  onDone(heard: (seconds: number) => void): void
  troubles(leaseId: Hex): string[]
  /** Resolves once nothing runs. */
  idle(): Promise<void>
}

type Running = { slot: number; ended: Promise<void> }

/** One job's tasks that are not done. `held`: of those that wait, the ones that the host failed at. */
type Line = { waiting: Set<number>; held: Set<number>; running: Map<number, Running>; abort: AbortController }

/** A host that failed at one task so often, half a minute between any two, does not run it any more. */
const MOST_TRIES = 50

const LONGEST_WAIT_MS = 30_000

/**
 * Runs tasks, each once it is its turn. A task's own end, whatever its exit code, is a result; what the host fails at is tried again,
 * later each time, while the other tasks go on.
 *
 * @param changed told when a task ended
 */
export function createTaskLines(options: JobKeeperOptions, changed: () => void): TaskLines {
  const { jobs, hostCpuMillis, log } = options
  const lines = new Map<Hex, Line>()
  const backoff = createBackoff<string>()
  const counts: TaskCounts = { done: 0, failed: 0, retried: 0 }
  const listeners: ((seconds: number) => void)[] = []
  let usedMillis = 0

  function lineOf(record: JobRecord): Line {
    const known = lines.get(record.leaseId)
    // The same task never runs twice at once: what was ended has to be gone first.
    if (known && !(known.abort.signal.aborted && known.running.size === 0)) return known
    const done = new Set(jobs.tasks(record.leaseId).map(({ task }) => task))
    const waiting = new Set(tasksOf(record).filter((task) => !done.has(task)))
    const line: Line = { waiting, held: new Set(), running: new Map(), abort: new AbortController() }
    lines.set(record.leaseId, line)
    return line
  }

  function start(record: JobRecord, task: number, signal: AbortSignal): void {
    const { leaseId } = record
    const line = lineOf(record)
    const within = AbortSignal.any([signal, line.abort.signal])
    const millis = millisOf(record)
    usedMillis += millis
    line.waiting.delete(task)
    line.held.delete(task)
    const slot = freeSlot(line)
    const begunMs = performance.now()
    const ended = runTask(options, record, { task, slot }, within)
      .then(({ exit }) => {
        backoff.succeeded(leaseId, nameOf(task))
        counts.done++
        if (exit !== 0) counts.failed++
        for (const heard of listeners) heard((performance.now() - begunMs) / 1_000)
      })
      .catch((error) => {
        line.waiting.add(task)
        if (within.aborted) return
        line.held.add(task)
        failed(leaseId, task, error)
      })
      .finally(() => {
        usedMillis -= millis
        line.running.delete(task)
        changed()
      })
    line.running.set(task, { slot, ended })
  }

  function failed(leaseId: Hex, task: number, error: unknown): void {
    const name = nameOf(task)
    log.warn({ leaseId, task, error }, 'a task is to be run again')
    backoff.failed(leaseId, name, reasonOf(error))
    counts.retried++
    const isFinal = error instanceof UnsupportedWorkloadError || backoff.failures(leaseId, name) >= MOST_TRIES
    if (isFinal) jobs.update(leaseId, { failed: `${name} cannot be run: ${reasonOf(error)}` })
  }

  function queuedOf(record: JobRecord): QueuedJob {
    const { leaseId, terms } = record
    const { waiting, running } = lineOf(record)
    return {
      leaseId,
      tier: terms.tier,
      deadline: deadlineOf(record) ?? 0,
      cpuMillis: millisOf(record),
      atOnce: tasksAtOnce(record),
      running: running.size,
      waiting: Iterator.from(waiting).filter((task) => backoff.heldMs(leaseId, nameOf(task)) <= 0),
    }
  }

  /** Ends the tasks of every other job. */
  function dropOthers(wanted: ReadonlySet<Hex>): void {
    for (const [leaseId, line] of lines) {
      if (wanted.has(leaseId)) continue
      line.abort.abort()
      backoff.forget(leaseId)
      if (line.running.size === 0) lines.delete(leaseId)
    }
  }

  return {
    turn(ready, signal) {
      dropOthers(new Set(ready.map(({ leaseId }) => leaseId)))
      const byId = new Map(ready.map((record) => [record.leaseId, record]))
      const fit = ready.filter((record) => !lineOf(record).abort.signal.aborted)
      for (const { leaseId, task } of pickTasks(fit.map(queuedOf), { cpuMillis: hostCpuMillis, usedMillis })) {
        const record = byId.get(leaseId)
        if (record) start(record, task, signal)
      }
      const holds = fit.flatMap(({ leaseId }) =>
        [...(lines.get(leaseId)?.held ?? [])].map((task) => backoff.heldMs(leaseId, nameOf(task))),
      )
      return Math.min(LONGEST_WAIT_MS, ...holds.filter((ms) => ms > 0))
    },
    running: (leaseId) => [...(lines.get(leaseId)?.running.keys() ?? [])],
    queued: () => [...lines.values()].reduce((sum, { waiting }) => sum + waiting.size, 0),
    counts: () => ({ ...counts }),
    onDone: (heard) => void listeners.push(heard),
    troubles: (leaseId) => backoff.troubles(leaseId),
    async idle() {
      await Promise.all([...lines.values()].flatMap(({ running }) => [...running.values()].map(({ ended }) => ended)))
    },
  }
}

/** The first of its lease's places that no other task has. */
function freeSlot({ running }: Line): number {
  const taken = new Set([...running.values()].map(({ slot }) => slot))
  let slot = 0
  while (taken.has(slot)) slot++
  return slot
}

function nameOf(task: number): string {
  return `task ${task}`
}

function millisOf({ manifest }: JobRecord): number {
  return manifest?.services[0]?.cpuMillis ?? 0
}
