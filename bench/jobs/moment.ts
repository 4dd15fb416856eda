import { readFileSync } from 'node:fs'

/** The clock and what a process has used of the processor so far, in seconds. */
export type Moment = {
  at: number
  own: number
  /** Of the processes that it started and that have ended. */
  children: number
}

/** What lies between two moments. */
export type Span = { wall: number; own: number; children: number }

/** Linux counts in hundredths, whatever its own clock. */
const TICKS_PER_SECOND = 100
const CUTIME = 13

/** This process, now. */
export function moment(): Moment {
  const { user, system } = process.cpuUsage()
  const stat = readFileSync('/proc/self/stat', 'latin1')
  // They follow the name, which may hold anything but ends at the last ')'.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[CUTIME]) + Number(fields[CUTIME + 1])
  return { at: performance.now() / 1000, own: (user + system) / 1e6, children: ticks / TICKS_PER_SECOND }
}

export function between(from: Moment, to: Moment): Span {
  return { wall: to.at - from.at, own: to.own - from.own, children: to.children - from.children }
}
