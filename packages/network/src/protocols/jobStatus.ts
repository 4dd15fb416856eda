import {
  bytes32Schema,
  type Dialable,
  MAX_TASKS,
  type TaskRecord,
  taskRecordSchema,
  wordsSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import { type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** Most records of one answer. */
export const MAX_JOB_RECORDS = 500
/** Most running tasks that are named. */
const MAX_RUNNING = 1_024

/**
 * How far a job is at its provider. `opened`: it waits for the manifest. `fetching`: for the bundle. `finished`: all tasks ran, the
 * result is not submitted yet. From `submitted` on it is what the chain says. `failed`: its provider cannot run it.
 */
export const jobPhases = [
  'opened',
  'fetching',
  'ready',
  'running',
  'finished',
  'submitted',
  'drawn',
  'challenged',
  'recalled',
  'redrawn',
  'ended',
  'failed',
] as const
export type JobPhase = (typeof jobPhases)[number]

/** What a provider says of one of its jobs. */
export type JobStatus = {
  phase: JobPhase
  /** Why it failed or ended, or what does not work now; one sentence. */
  reason?: string | undefined
  /** Tasks of this lease, and those that are done; the others wait or run. */
  tasks: number
  done: number
  /** Of those that are done, those that did not exit with 0. */
  failed: number
  running: readonly number[]
  /** Tasks in the order in which they were done, from the place that was asked for; their outputs can be fetched by CID. */
  records: readonly TaskRecord[]
  /** What is submitted: the CID of the result's directory. */
  result?: { root: Hex; cid: string } | undefined
}

const task = z
  .int()
  .min(0)
  .max(MAX_TASKS - 1)
const count = z.int().min(0).max(MAX_TASKS)

const jobStatus = defineRequest({
  name: 'jobStatus',
  request: z.strictObject({ ...leaseFields, from: count }),
  response: z.strictObject({
    phase: z.enum(jobPhases),
    reason: wordsSchema(2000).optional(),
    tasks: count,
    done: count,
    failed: count,
    running: z.array(task).max(MAX_RUNNING),
    records: z.array(taskRecordSchema).max(MAX_JOB_RECORDS),
    result: z.strictObject({ root: bytes32Schema, cid: z.string().max(128) }).optional(),
  }),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 512 * 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 256, maxPerCaller: 16, rate: { perSecond: 20, burst: 100 } },
})

/**
 * Asks a provider how a job is. Who asks again from where the last answer ended sees each task once, as it is done.
 *
 * @param request.from place of the first record wanted, in the order in which tasks were done
 * @throws {RefusedError} `unknownLease`, `notAgent`, …
 * @example
 * const { done, tasks, records } = await askJobStatus(node, provider, { lease, from: seen.length }, signal)
 * seen.push(...records)
 */
export function askJobStatus(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & { from: number },
  signal: AbortSignal,
): Promise<JobStatus> {
  return callPeer(node, provider, jobStatus, request, signal)
}

/** Answers {@link askJobStatus}, to the lease's agent only. */
export function serveJobStatus(
  node: NetworkNode,
  leases: LeaseBook & { jobStatus(lease: Hex, from: number): Promise<JobStatus> },
): Promise<() => Promise<void>> {
  return servePeers(node, jobStatus, async ({ lease, session, from }, caller, signal) => {
    await openLease(node, leases, { lease, session, scope: 'streams' }, caller, signal)
    const { running, records, ...rest } = await leases.jobStatus(lease, from)
    return { ...rest, running: running.slice(0, MAX_RUNNING), records: records.slice(0, MAX_JOB_RECORDS) }
  })
}
