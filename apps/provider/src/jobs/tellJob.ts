import type { JobPhase, JobStatus, LeaseStatus } from '@tender/network'
import { resourceName } from '@tender/protocol'
import type { Hex } from 'viem'
import type { JobBook } from './jobBook.ts'
import { jobPhaseOf } from './jobPhase.ts'
import { deadlineOf, type JobRecord, tasksOf } from './jobRecord.ts'

export type TellOptions = {
  jobs: Pick<JobBook, 'tasks'>
  running(leaseId: Hex): readonly number[]
  troubles(leaseId: Hex): readonly string[]
}

/** Most records that are told at once. */
const MOST_RECORDS = 500

/** What a job's agent is told. @param from place of the first record, in the order in which tasks were done */
export function jobStatusOf(record: JobRecord, from: number, { jobs, running, troubles }: TellOptions): JobStatus {
  const { leaseId, result, failed, endReason } = record
  const done = jobs.tasks(leaseId)
  const tasks = tasksOf(record).length
  const [trouble] = troubles(leaseId)
  const reason = failed ?? endReason ?? trouble
  return {
    phase: jobPhaseOf(record, tasks - done.length),
    ...(reason !== undefined && { reason: reason.slice(0, 2_000) }),
    tasks,
    done: done.length,
    failed: done.filter(({ exit }) => exit !== 0).length,
    running: [...running(leaseId)],
    records: done.slice(from, from + MOST_RECORDS),
    ...(result && { result }),
  }
}

/** A job as its provider sees it. Plain JSON, times unix seconds. */
export type JobLine = Pick<JobStatus, 'phase' | 'tasks' | 'done' | 'failed'> & {
  leaseId: Hex
  tenant: string
  resource: string
  units: number
  running: number
  /** When it has to be submitted; absent while its terms are not known. */
  deadline?: number | undefined
  /** The token it is paid in. */
  asset: string
  /** Smallest units that its end brought, before fees. */
  earned: string
  reason?: string | undefined
}

/** What a provider's status says of a job. */
export function jobLineOf(record: JobRecord, options: TellOptions): JobLine {
  const { leaseId, terms, paid = 0n } = record
  const { phase, reason, tasks, done, failed, running } = jobStatusOf(record, 0, options)
  const { tenant, units, asset } = terms
  const whose = { leaseId, tenant, resource: resourceName(terms.resource), units, asset, earned: paid.toString() }
  const deadline = deadlineOf(record)
  return {
    ...whose,
    phase,
    tasks,
    done,
    failed,
    running: running.length,
    ...(deadline !== undefined && { deadline }),
    ...(reason !== undefined && { reason }),
  }
}

const asLease: Record<JobPhase, LeaseStatus['phase']> = {
  opened: 'waiting',
  fetching: 'starting',
  ready: 'starting',
  running: 'ready',
  finished: 'ready',
  submitted: 'ended',
  drawn: 'ended',
  challenged: 'ended',
  recalled: 'ended',
  redrawn: 'ended',
  ended: 'stopped',
  failed: 'failed',
}

/** The same for who asks about it as about any lease. */
export function leaseStatusOf(record: JobRecord, options: TellOptions): LeaseStatus {
  const { phase, reason } = jobStatusOf(record, 0, options)
  const stop = record.endedAt ?? deadlineOf(record) ?? record.terms.latestEnd
  return { phase: asLease[phase], ...(reason !== undefined && { reason }), revision: 0, stop }
}
