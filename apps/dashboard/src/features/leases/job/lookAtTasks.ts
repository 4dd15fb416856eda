import { askJobStatus, type JobStatus } from '@tender/network/browser'
import type { TaskRecord } from '@tender/protocol'
import type { PageReach } from '../useReach.ts'

/** What a provider says of a job's tasks, and all records that it told so far. */
export type ToldTasks = { status: Omit<JobStatus, 'records'>; records: readonly TaskRecord[] }

/** Questions of one look: each brings some hundred records, and a provider takes so many at once. */
const MOST_QUESTIONS = 40

/** Asks a provider how far a job's tasks are: only for what `seen` does not have. */
export async function lookAtTasks(
  reach: PageReach,
  seen: ToldTasks | undefined,
  signal: AbortSignal,
): Promise<ToldTasks> {
  const { record, session } = reach
  let records: readonly TaskRecord[] = seen?.records ?? []
  for (let question = 1; ; question++) {
    const request = { lease: record.leaseId, session, from: records.length }
    const told = await reach.ask((provider, node) => askJobStatus(node, provider, request, signal), signal)
    const { records: more, ...status } = told
    // What the chain took back is recorded anew.
    if (status.done < records.length) records = []
    else records = [...records, ...more]
    if (records.length >= status.done || question === MOST_QUESTIONS) return { status, records }
  }
}
