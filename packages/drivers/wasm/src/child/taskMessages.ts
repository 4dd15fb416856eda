import type { TaskResult, TaskSpec } from '@tender/driver'

/** What a task's process is told first, with real paths. */
export type ToTask = Pick<TaskSpec, 'args' | 'environment' | 'limits' | 'inputDir' | 'outputDir' | 'seed'> & {
  module: string
  /** What is kept of its log. */
  logBytes: number
}

/** What it says: once when the module is about to run, once when it has ended. */
export type FromTask = { type: 'running' } | { type: 'ended'; result: TaskResult }
