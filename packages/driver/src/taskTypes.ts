import type { ExitReason, Image, Limits, LogLine, Usage } from './types.ts'

/** One task of a job, or a comparator. */
export type TaskSpec = {
  /** 32 bytes in hexadecimal, lower case; the same task always has the same. */
  readonly id: `0x${string}`
  readonly image: Image
  /** Absent: the image's own. */
  readonly entrypoint?: readonly string[]
  /** What follows the program's name, which is `task` for Wasm. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** `diskBytes` is what `/output` may hold: its files' content. `runMs`: absent for no limit. */
  readonly limits: Limits
  /** A folder of this host that the task finds at `/input`, to be read only; links in it are left out. Absent: an empty one. */
  readonly inputDir?: string
  /** An empty folder of this host; gets the files and folders of `/output`, and nothing else. */
  readonly outputDir: string
  /** 32 bytes. All randomness of a Wasm task follows from it. */
  readonly seed: `0x${string}`
  /** Devices of `HostReport` that are its own. Absent: none. */
  readonly gpus?: readonly string[]
  /** What it may reach. Absent: nothing. */
  readonly network?: 'internet'
}

/** How a task ended. */
export type TaskResult = {
  /** `killed` by `disk`: it wrote more to `/output` than `limits.diskBytes`. */
  readonly reason: ExitReason
  readonly usage: Usage
  /** Its last lines, {@link MAX_TASK_LOG_BYTES} at most. */
  readonly log: readonly LogLine[]
}

/** What is kept of one task's log, counted by its text. */
export const MAX_TASK_LOG_BYTES = 65_536
