import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook, SignedSession } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'

/** One line that a workload wrote. */
export type LogLine = { atMs: number; stream: 'stdout' | 'stderr'; service: string; text: string }

export type LogsRequest = {
  lease: Hex
  /** Go on with what is written from now on. */
  follow: boolean
  /** How many past lines. */
  tail: number
}

/**
 * A workload's log. Ends with the log, or with the loop that reads it; aborting `signal` throws.
 *
 * @throws {RefusedError} `notAgent`, `unknownLease`
 * @example
 * for await (const line of readLogs(node, provider, { lease, follow: true, tail: 100 }, signal)) console.log(line.text)
 */
export declare function readLogs(
  node: NetworkNode,
  provider: Dialable,
  request: LogsRequest & { session?: SignedSession | undefined },
  signal: AbortSignal,
): AsyncIterable<LogLine>

/** Serves {@link readLogs}, to the lease's agent only. `signal` aborts when the reader goes. */
export declare function serveLogs(
  node: NetworkNode,
  leases: LeaseBook & { logs(request: LogsRequest, signal: AbortSignal): AsyncIterable<LogLine> },
): Promise<() => Promise<void>>
