import type { TaskLog } from '@tender/network/browser'
import { tasksOfReplica } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Tenant } from '../tenant.ts'
import { type Follower, type FollowOptions, followerOf, lookAtTasks, takeResult, troubled } from './follower.ts'
import type { OpenedJob } from './orderJob.ts'

/** What is here of one lease of a job. */
export type BroughtResults = {
  leaseId: Hex
  tasks: number
  /** Tasks whose outputs are in the folder. */
  outputs: number
  /** All of what was submitted is here. */
  submitted: boolean
  /** What is wrong with it by its records and the chain, in words. */
  faults: readonly string[]
  /** Tasks that ended with another code than 0, with what they wrote, as their provider kept it. */
  failedTasks: { task: number; exit: number; log: TaskLog | undefined }[]
  /** What could not be brought, and why. */
  trouble: string | undefined
}

/** Brings once what a job's leases have delivered until now, see `followJob`. */
export function bringResults(
  tenant: Tenant,
  { record, leases }: Pick<OpenedJob, 'record' | 'leases'>,
  options: Omit<FollowOptions, 'onEvent'>,
): Promise<BroughtResults[]> {
  return Promise.all(
    leases.map(async (lease) => {
      const { leaseId, terms } = lease
      const done = new Set<number>()
      const failedTasks: BroughtResults['failedTasks'] = []
      let faults: readonly string[] = []
      const follower: Follower = followerOf(tenant, record, lease, {
        ...options,
        onEvent(event) {
          if (event.type === 'output') done.add(event.record.task)
          if (event.type === 'failedTask') {
            const { task, exit } = event.record
            failedTasks.push({ task, exit, log: event.log })
          }
          if (event.type === 'result') faults = event.faults
        },
      })
      await troubled(follower, () => takeResult(follower))
      if (!follower.seen.result) await troubled(follower, () => lookAtTasks(follower))
      const { result: submitted, trouble } = follower.seen
      const tasks = tasksOfReplica(
        record.manifest.brief.job?.terms.tasks ?? 0,
        record.order.replicas,
        terms.index,
      ).length
      return { leaseId, tasks, outputs: done.size, submitted, faults, failedTasks, trouble }
    }),
  )
}
