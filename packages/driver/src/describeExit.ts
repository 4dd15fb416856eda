import type { ExitReason } from './types.ts'

/**
 * Says in a few words why a workload ended, for people.
 *
 * @example
 * describeExit({ kind: 'killed', by: 'time', detail: 'ran longer than 500 ms' })
 * // 'killed (time): ran longer than 500 ms'
 */
export function describeExit(reason: ExitReason): string {
  switch (reason.kind) {
    case 'exited':
      return reason.code === 0 ? 'ran to its end' : `exited with code ${reason.code}`
    case 'stopped':
      return 'stopped'
    case 'killed':
      return `killed (${reason.by}): ${reason.detail}`
    case 'invalid':
      return `cannot be run: ${reason.detail}`
    case 'crashed':
      return `crashed: ${reason.detail}`
    case 'lost':
      return 'lost: gone without a word, as after a restart of the host'
  }
}
