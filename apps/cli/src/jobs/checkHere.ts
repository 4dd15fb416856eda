import { join } from 'node:path'
import type { ContentStore } from '@tender/content'
import { formatDuration, formatSize, type Order } from '@tender/protocol'
import { type JobPlan, termsOfPlan } from '@tender/tenant/jobs'
import type { Context } from '../command.ts'
import { withCheckDrivers } from './checkDrivers.ts'
import { checkJob } from './checkJob.ts'

/** What is checked. `socket`: of the Docker engine for containers. */
export type CheckedPlan = { plan: JobPlan; order: Pick<Order, 'replicas'>; store: ContentStore; socket: string }

/** Runs a planned job's first tasks twice on this machine, and says how that went. @throws {TenderError} see `checkJob` */
export async function checkHere(
  { progress, home, signal }: Context,
  { plan, order, store, socket }: CheckedPlan,
): Promise<void> {
  progress.status('running the first tasks twice on this machine')
  const place = { stateDir: join(home, 'check'), socket }
  const { seconds, outputBytes, ...checked } = await withCheckDrivers(
    plan.manifest,
    place,
    (drivers) => checkJob({ plan, store, ...drivers }, signal),
    signal,
  )
  const [service] = plan.manifest.services
  const tasks = Math.ceil(termsOfPlan(plan).tasks / order.replicas)
  const all = Math.ceil((seconds * tasks) / Math.max(1, service?.replicas ?? 1))
  const ran = `${checked.tasks} of the tasks, run twice, came out the same: ${formatSize(outputBytes)} in ${seconds.toFixed(1)} s here`
  progress.line(`  checked: ${ran}; a lease's ${tasks} tasks would take ${formatDuration(all)}`)
}
