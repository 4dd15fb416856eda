import type { TaskRecord } from '@tender/protocol'

/** How one task stands. `unknown`: its provider was not asked, or does not say. */
export type TaskState = 'unknown' | 'waits' | 'runs' | 'done' | 'failed'

const codes = ['unknown', 'waits', 'runs', 'done', 'failed'] as const satisfies readonly TaskState[]

/** What is known of the tasks of one lease. */
export type PartTasks = {
  leaseId: string
  /** Which lease of its order it is; task t is its own if t modulo the leases is this. */
  index: number
  /** Absent while its provider was not heard. */
  running: readonly number[] | undefined
  records: readonly TaskRecord[]
  /** Tasks that validators run again: drawn, or challenged. */
  sampled: readonly number[]
}

/** All tasks of an order, however many. */
export type TaskStates = {
  count: number
  stateOf(task: number): TaskState
  /** What its provider recorded of it. */
  recordOf(task: number): TaskRecord | undefined
  isSampled(task: number): boolean
  /** The lease that it belongs to. */
  partOf(task: number): PartTasks | undefined
}

/** How many tasks stand how. */
export type TaskCounts = Record<TaskState, number> & { all: number; sampled: number }

/**
 * Puts together what is known of the tasks of an order.
 *
 * @param count of all its leases
 * @example
 * const tasks = taskStates(27, parts)
 * tasks.stateOf(4) // 'done'
 */
export function taskStates(count: number, parts: readonly PartTasks[]): TaskStates {
  const states = new Uint8Array(count)
  const records = new Map<number, TaskRecord>()
  const sampled = new Set(parts.flatMap((part) => part.sampled))
  const byIndex = new Map(parts.map((part) => [part.index, part]))
  for (const { index, running, records: known } of parts) {
    if (running) for (let task = index; task < count; task += parts.length) states[task] = codes.indexOf('waits')
    for (const task of running ?? []) states[task] = codes.indexOf('runs')
    for (const record of known) {
      states[record.task] = codes.indexOf(record.exit === 0 ? 'done' : 'failed')
      records.set(record.task, record)
    }
  }
  return {
    count,
    stateOf: (task) => codes[states[task] ?? 0] ?? 'unknown',
    recordOf: (task) => records.get(task),
    isSampled: (task) => sampled.has(task),
    partOf: (task) => byIndex.get(parts.length === 0 ? 0 : task % parts.length),
  }
}

/** Counts tasks by their state. */
export function countStates(states: TaskStates, tasks: readonly number[]): TaskCounts {
  const counts = { unknown: 0, waits: 0, runs: 0, done: 0, failed: 0, all: tasks.length, sampled: 0 }
  for (const task of tasks) {
    counts[states.stateOf(task)]++
    if (states.isSampled(task)) counts.sampled++
  }
  return counts
}

export const stateWords: Readonly<Record<TaskState, string>> = {
  unknown: 'not told',
  waits: 'waits',
  runs: 'runs',
  done: 'done',
  failed: 'failed',
}

/** A task in words, for who cannot see its cell: `Task 4: done, run again by validators`. */
export function taskLabel(states: TaskStates, task: number): string {
  const exit = states.recordOf(task)?.exit ?? 0
  const how = exit === 0 ? stateWords[states.stateOf(task)] : `failed with exit code ${exit}`
  return `Task ${task}: ${how}${states.isSampled(task) ? ', run again by validators' : ''}`
}

/** Most tasks of one page of the grid: as many cells as a screen and a screen reader can take. */
export const TASKS_PER_PAGE = 500

/** Tasks in pages, each as a slice of them. */
export function pagesOf(tasks: readonly number[], size = TASKS_PER_PAGE): number[][] {
  return Array.from({ length: Math.ceil(tasks.length / size) }, (_, page) =>
    tasks.slice(page * size, (page + 1) * size),
  )
}
