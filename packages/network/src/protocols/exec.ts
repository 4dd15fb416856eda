import type { Readable, Writable } from 'node:stream'
import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { execOver } from '../execClient.ts'
import { runExec } from '../execServer.ts'
import type { LeaseBook } from '../leaseAccess.ts'
import { type LeaseRequest, serveLeaseStreams } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { askReady } from '../streamKind.ts'
import { exec, type RemoteCommand } from './execKind.ts'

/** A command that runs elsewhere; the same shape as the driver's `ExecSession`. */
export type RemoteExec = {
  readonly stdin: Writable
  /** Must be read, as must `stderr`: output that nobody takes holds back the command, then its exit. */
  readonly stdout: Readable
  /** Empty under a terminal: there both are one. */
  readonly stderr: Readable
  resize(size: { columns: number; rows: number }): Promise<void>
  /** Its code, once it has ended and everything that it wrote has arrived. Rejects if the connection breaks. */
  readonly exit: Promise<number>
  kill(): void
}

/**
 * Runs a command in one of a lease's containers. Aborting `signal` at any time breaks off and kills it.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `scopeMissing`, `tooManyStreams`, or why it cannot run
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const session = await openExec(node, provider, { lease, service: 'web', replica: 0, command: ['ls', '/'] }, signal)
 * session.stdin.end()
 * session.stdout.pipe(process.stdout)
 * session.stderr.pipe(process.stderr)
 * process.exitCode = await session.exit
 */
export async function openExec(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & RemoteCommand,
  signal: AbortSignal,
): Promise<RemoteExec> {
  return execOver(await askReady(node, provider, exec, request, signal), signal)
}

/** Serves {@link openExec}, to the lease's agent only. The command is killed when the caller goes. */
export function serveExec(
  node: NetworkNode,
  leases: LeaseBook & { exec(lease: Hex, command: RemoteCommand, signal: AbortSignal): Promise<RemoteExec> },
): Promise<() => Promise<void>> {
  return serveLeaseStreams(node, leases, exec, async ({ lease, ...command }, frames, signal) => {
    await runExec(await leases.exec(lease, command, signal), frames, signal)
  })
}
