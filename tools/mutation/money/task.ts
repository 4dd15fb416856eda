/** What one process of Vitest has to do: judge the changes of one file. Handed over as a file, whose path is in the environment. */
export type MutationTask = {
  /** The changed file, and what it is loaded as: each change behind a switch. */
  file: string
  source: string
  /** Test files in the order in which they are tried. */
  tests: string[]
  /** Ids of the changes to judge, in order. */
  mutants: string[]
  /** What keeps the processor busy for longer, on one change and one test, never ends. */
  stuckSeconds: number
  /** Where what becomes known is written, a line each, at once: the process may be stopped by a change that never ends. */
  journal: string
}

/** A line of the journal. */
export type Finding =
  | { begun: string }
  | { id: string; status: 'killed' | 'survived' | 'timeout'; by?: string }
  /** The test files that reach the changed file at all. */
  | { reached: string[] }

export const TASK_VARIABLE = 'TENDER_MUTATION_TASK'
