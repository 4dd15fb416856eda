import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** Linux tells process times in ticks of this length to programs, whatever its own are. */
const TICK_MS = 10
/** Position of the start after the name, which may hold anything but ends with the last parenthesis. */
const START = 19

/** How long a process runs by the kernel's own clock, which nobody sets; `undefined` if there is none. */
export function processAgeMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return uptime() * 1_000 - Number(fields[START]) * TICK_MS
  } catch {
    // It has ended, or none was started yet.
    return undefined
  }
}
