import type { Dialable } from '@tender/protocol'
import { z } from 'zod'
import { type ExecChannel, type ExecOutput, execChannel } from '../execChannel.ts'
import { terminalSchema } from '../execFrames.ts'
import { defineLeaseStream, type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { replicaSchema, serviceNameSchema } from '../schemas.ts'
import { askReady } from '../streamKind.ts'

/** A command to run beside a service's own, in one of its containers. */
export type RemoteCommand = {
  service: string
  /** Which of the service's containers, from 0. */
  replica: number
  command: readonly string[]
  /** Absent: without a terminal. */
  terminal?: { columns: number; rows: number } | undefined
}

const MAX_REQUEST_BYTES = 128 * 1024

/** Streams that run a command. */
export const exec = defineLeaseStream({
  name: 'exec',
  scope: 'exec',
  request: z.strictObject({
    ...leaseFields,
    service: serviceNameSchema,
    replica: replicaSchema,
    command: z.array(z.string().max(32_768)).min(1).max(1024).readonly(),
    terminal: terminalSchema.optional(),
  }),
  maxRequestBytes: MAX_REQUEST_BYTES,
  limits: { maxStreams: 256, maxPerCaller: 32, maxPerLease: 32, rate: { perSecond: 5, burst: 20 } },
})

/**
 * As `openExec`, for where there are no streams of Node's: runs a command in one of a lease's containers and hands its output on as
 * it comes. Aborting `signal` at any time breaks off and kills it.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `scopeMissing`, `tooManyStreams`, or why it cannot run
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const command = { lease, service: 'web', replica: 0, command: ['sh'], terminal: { columns: 80, rows: 24 } }
 * const show = (bytes: Uint8Array) => terminal.write(bytes)
 * const channel = await openExecChannel(node, provider, command, { stdout: show, stderr: show }, signal)
 * terminal.onData((typed) => void channel.write(new TextEncoder().encode(typed)))
 */
export async function openExecChannel(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & RemoteCommand,
  output: ExecOutput,
  signal: AbortSignal,
): Promise<ExecChannel> {
  return execChannel(await askReady(node, provider, exec, request, signal), output, signal)
}
