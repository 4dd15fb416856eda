import type { ExitReason } from './types.ts'

/** As shells have it for what could not be run, for an abort and for a kill. */
const INVALID = 126
const CRASHED = 134
const KILLED = 137

/**
 * The exit code that stands in the record of a task, the same for whoever runs it; `undefined` if the host lost or stopped it, which
 * says nothing about the task.
 *
 * @example
 * taskExit({ kind: 'killed', by: 'memory', detail: '' }) // 137
 */
export function taskExit(reason: ExitReason): number | undefined {
  switch (reason.kind) {
    case 'exited':
      return reason.code & 0xff
    case 'invalid':
      return INVALID
    case 'crashed':
      return CRASHED
    case 'killed':
      return KILLED
    case 'stopped':
    case 'lost':
      return undefined
  }
}
