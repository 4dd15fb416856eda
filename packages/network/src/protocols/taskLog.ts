import { type Dialable, MAX_TASKS, wordsSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import { type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** What one task of a job wrote. */
export type TaskLog = {
  /** Why it ended, in words. */
  end: string
  /** The last lines. `atMs`: unix time in milliseconds. */
  lines: readonly { atMs: number; stream: 'stdout' | 'stderr' | 'system'; text: string }[]
}

const MAX_LINES = 4_096
const MAX_LINE_CHARACTERS = 16 * 1024

const taskLog = defineRequest({
  name: 'taskLog',
  request: z.strictObject({
    ...leaseFields,
    task: z
      .int()
      .min(0)
      .max(MAX_TASKS - 1),
  }),
  response: z.strictObject({
    log: z
      .strictObject({
        end: wordsSchema(2000),
        lines: z
          .array(
            z.strictObject({
              atMs: z.number(),
              stream: z.enum(['stdout', 'stderr', 'system']),
              // Colours and tabs are the task's own; a second line could pass for another's.
              text: z
                .string()
                .max(MAX_LINE_CHARACTERS)
                .transform((text) => text.replaceAll('\n', ' ')),
            }),
          )
          .max(MAX_LINES),
      })
      .optional(),
  }),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 1024 * 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 128, maxPerCaller: 16, rate: { perSecond: 20, burst: 100 } },
})

/**
 * Asks a provider for the log of one task; `undefined` while it has not ended, and once the job is tidied away.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, …
 * @example
 * const log = await askTaskLog(node, provider, { lease, task: 7 }, signal)
 * for (const { text } of log?.lines ?? []) console.log(text)
 */
export async function askTaskLog(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & { task: number },
  signal: AbortSignal,
): Promise<TaskLog | undefined> {
  const { log } = await callPeer(node, provider, taskLog, request, signal)
  return log
}

/** Answers {@link askTaskLog}, to the lease's agent only, with access as for logs. */
export function serveTaskLogs(
  node: NetworkNode,
  leases: LeaseBook & { taskLog(lease: Hex, task: number): Promise<TaskLog | undefined> },
): Promise<() => Promise<void>> {
  return servePeers(node, taskLog, async ({ lease, session, task }, caller, signal) => {
    await openLease(node, leases, { lease, session, scope: 'logs' }, caller, signal)
    const log = await leases.taskLog(lease, task)
    if (!log) return {}
    const lines = log.lines.slice(-MAX_LINES).map(({ atMs, stream, text }) => {
      return { atMs, stream, text: text.slice(0, MAX_LINE_CHARACTERS) }
    })
    return { log: { end: log.end, lines } }
  })
}
