import type { JobStatus, LeaseStatus } from '@tender/network'
import type { JobBook } from './jobBook.ts'
import { type JobPhase, jobPhaseOf } from './jobPhase.ts'
import { deadlineOf, type JobRecord, tasksOf } from './jobRecord.ts'

export type TellOptions = {
  jobs: Pick<JobBook, 'tasks'>
  running(leaseId: JobRecord['leaseId']): readonly number[]
  troubles(leaseId: JobRecord['leaseId']): readonly string[]
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
