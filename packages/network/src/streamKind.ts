import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { asError } from './asError.ts'
import type { Frames } from './frames.ts'
import type { Caller } from './market.ts'
import type { NetworkNode, ServeLimits } from './node.ts'
import { createPlaces } from './places.ts'
import { readAnswer, readFrame, withDeadline, writeAnswer } from './rpc.ts'
import { encodeWire } from './wire.ts'

// A stream that begins with a request about a lease and the server's word that it is ready, and then goes its own way.

/** One kind of such streams. */
export type StreamKind<Request extends { lease: Hex }> = {
  /** Stream protocol's purpose, see `wireName`. */
  name: string
  request: z.ZodType<Request>
  maxRequestBytes: number
  limits: ServeLimits & { /** Streams of this kind at once about one lease. */ maxPerLease: number }
}

/** Names the types of a {@link StreamKind} by inference. */
export function defineStream<Request extends { lease: Hex }>(kind: StreamKind<Request>): StreamKind<Request> {
  return kind
}

/** For the caller dialling and sending the request; for the server reading and judging it. */
const ASK_TIMEOUT_MS = 15_000

/** How long a server may take to get ready, e.g. to start a program. */
const READY_TIMEOUT_MS = 30_000

const readySchema = z.strictObject({ ready: z.literal(true) })
const MAX_READY_BYTES = 16 * 1024

/**
 * Opens a stream, sends the request and waits until the server is ready.
 *
 * @throws {RefusedError} why it is not
 * @throws {UnreachableError | TimedOutError}
 */
export async function askReady<Request extends { lease: Hex }>(
  node: NetworkNode,
  peer: Dialable,
  { name, request }: StreamKind<Request>,
  value: Request,
  signal: AbortSignal,
): Promise<Frames> {
  const body = encodeWire(request.parse(value))
  const what = `the peer asked for ${name}`
  const frames = await withDeadline(what, ASK_TIMEOUT_MS, signal, (within) => node.open(peer, name, within))
  try {
    await withDeadline(what, READY_TIMEOUT_MS, signal, async (within) => {
      await frames.write(body, within)
      await readAnswer(frames, readySchema, MAX_READY_BYTES, within)
    })
    return frames
  } catch (error) {
    frames.abort(asError(error))
    throw error
  }
}

/** Tells a caller of {@link askReady} to go on. */
export function tellReady(frames: Frames, signal: AbortSignal): Promise<void> {
  return writeAnswer(frames, readySchema, { ready: true }, signal)
}

/** Answers streams of one kind that `allow` lets through, so many per lease at once. */
export function serveStreams<Request extends { lease: Hex }>(
  node: NetworkNode,
  { name, request, maxRequestBytes, limits }: StreamKind<Request>,
  allow: (request: Request, caller: Caller, signal: AbortSignal) => Promise<void>,
  answer: (request: Request, frames: Frames, caller: Caller, signal: AbortSignal) => Promise<void>,
): Promise<() => Promise<void>> {
  const places = createPlaces(limits.maxPerLease)
  return node.handle(name, limits, async (frames, caller, signal) => {
    const asked = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, async (within) => {
      const value = await readFrame(frames, request, maxRequestBytes, within)
      await allow(value, caller, within)
      return value
    })
    const leave = places.take(asked.lease)
    try {
      await answer(asked, frames, caller, signal)
    } finally {
      leave()
    }
  })
}
