import { bytes32Schema, type SessionScope } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Frames } from './frames.ts'
import { type LeaseBook, openLease, type SignedSession, signedSessionSchema } from './leaseAccess.ts'
import type { NetworkNode } from './node.ts'
import { type StreamKind, serveStreams } from './streamKind.ts'

/** What every request about a lease holds. `session` is needed when the node is not the order's agent. */
export type LeaseRequest = { lease: Hex; session?: SignedSession | undefined }

/** The fields of {@link LeaseRequest}, for a request's schema. */
export const leaseFields = { lease: bytes32Schema, session: signedSessionSchema.optional() }

/** One kind of streams that only the lease's agent may open, within its session's scope. */
export type LeaseStreamKind<Request extends LeaseRequest> = StreamKind<Request> & { scope: SessionScope }

/** Names the types of a {@link LeaseStreamKind} by inference. */
export function defineLeaseStream<Request extends LeaseRequest>(
  kind: LeaseStreamKind<Request>,
): LeaseStreamKind<Request> {
  return kind
}

/** Answers streams of one kind, to the lease's agent within its session's `scope` only. */
export function serveLeaseStreams<Request extends LeaseRequest>(
  node: NetworkNode,
  book: LeaseBook,
  { scope, ...kind }: LeaseStreamKind<Request>,
  answer: (request: Omit<Request, 'session'>, frames: Frames, signal: AbortSignal) => Promise<void>,
): Promise<() => Promise<void>> {
  return serveStreams(
    node,
    kind,
    async ({ lease, session }, caller, signal) => {
      await openLease(node, book, { lease, session, scope }, caller, signal)
    },
    ({ session: _, ...request }, frames, _caller, signal) => answer(request, frames, signal),
  )
}
