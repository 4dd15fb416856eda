import type { Hex } from 'viem'

/** A job whose tasks may run, and what of it runs. */
export type QueuedJob = {
  leaseId: Hex
  /** See `tiers`: the better is served first. */
  tier: number
  /** Unix seconds; the sooner is served first. */
  deadline: number
  /** Of each task, thousandths of a core. */
  cpuMillis: number
  /** How many run at once, and how many do. */
  atOnce: number
  running: number
  /** Tasks that may be started now, in the order in which they are. */
  waiting: Iterable<number>
}

export type HostShare = {
  /** Thousandths of cores that tasks may take, all together. */
  cpuMillis: number
  /** What those that run take. */
  usedMillis: number
}

/**
 * Which tasks to start now: those of the best tier first, among these of the job with the soonest deadline, each job up to what its
 * lease has, all together up to what the host has. A task that needs more than the host has runs alone. Pure.
 */
export function pickTasks(jobs: readonly QueuedJob[], host: HostShare): { leaseId: Hex; task: number }[] {
  const picked: { leaseId: Hex; task: number }[] = []
  let usedMillis = host.usedMillis
  for (const { leaseId, cpuMillis, atOnce, running, waiting } of jobs.toSorted(byTierThenDeadline)) {
    let free = atOnce - running
    for (const task of waiting) {
      if (free <= 0 || (usedMillis > 0 && usedMillis + cpuMillis > host.cpuMillis)) break
      picked.push({ leaseId, task })
      usedMillis += cpuMillis
      free--
    }
  }
  return picked
}

function byTierThenDeadline(a: QueuedJob, b: QueuedJob): number {
  return b.tier - a.tier || a.deadline - b.deadline || (a.leaseId < b.leaseId ? -1 : 1)
}
