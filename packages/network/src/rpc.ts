import type { Dialable } from '@tender/protocol'
import { TimedOutError } from '@tender/protocol'
import { z } from 'zod'
import type { Buffers } from './buffers.ts'
import { BadFrameError, RefusedError, wireFailureSchema } from './errors.ts'
import { closing, type Frames } from './frames.ts'
import type { Caller } from './market.ts'
import type { NetworkNode, ServeLimits } from './node.ts'
import { decodeWire, decodeWireFirst, encodeWire } from './wire.ts'

/** One kind of question that peers ask each other: one stream, one request, one answer. */
export type RequestDefinition<Request, Response> = {
  /** Stream protocol's purpose, see `wireName`. */
  name: string
  request: z.ZodType<Request>
  response: z.ZodType<Response>
  maxRequestBytes: number
  maxResponseBytes: number
  /** For the caller the whole exchange, dialling included; for the server reading the request and answering it. */
  timeoutMs: number
  /** What one server takes at once and from one caller. */
  limits: ServeLimits
}

/** Names the types of a {@link RequestDefinition} by inference. */
export function defineRequest<Request, Response>(
  definition: RequestDefinition<Request, Response>,
): RequestDefinition<Request, Response> {
  return definition
}

/**
 * Asks a peer.
 *
 * @throws {RefusedError} what the peer answered with, its code and class kept.
 * @throws {BadFrameError} if the answer is not of the protocol.
 * @throws {UnreachableError | TimedOutError}
 */
export async function callPeer<Request, Response>(
  node: NetworkNode,
  peer: Dialable,
  { name, request, response, maxResponseBytes, timeoutMs }: RequestDefinition<Request, Response>,
  value: Request,
  signal: AbortSignal,
): Promise<Response> {
  const body = encodeWire(request.parse(value))
  return withDeadline(`the peer asked for ${name}`, timeoutMs, signal, async (within) => {
    const frames = await node.open(peer, name, within)
    return closing(frames, async () => {
      await frames.write(body, within)
      await frames.end(within)
      return await readAnswer(frames, response, maxResponseBytes, within)
    })
  })
}

/** Answers a question for as long as the node runs or until the returned function is called. */
export function servePeers<Request, Response>(
  node: NetworkNode,
  { name, request, response, maxRequestBytes, timeoutMs, limits }: RequestDefinition<Request, Response>,
  answer: (request: Request, caller: Caller, signal: AbortSignal) => Promise<Response>,
): Promise<() => Promise<void>> {
  return node.handle(name, limits, (frames, caller, signal) =>
    withDeadline(`answering ${name}`, timeoutMs, signal, async (within) => {
      const asked = await readFrame(frames, request, maxRequestBytes, within)
      await writeAnswer(frames, response, await answer(asked, caller, within), within)
    }),
  )
}

/** The next frame's value. @throws {BadFrameError | TooLargeError} */
export async function readFrame<Value>(
  frames: Frames,
  schema: z.ZodType<Value>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Value> {
  return parseFrame(schema, decodeWire(await nextFrame(frames, maxBytes, signal)))
}

/** The next frame's value, or the failure that the peer answered with. @throws {RefusedError | BadFrameError} */
export async function readAnswer<Value>(
  frames: Frames,
  schema: z.ZodType<Value>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Value> {
  return parseAnswer(schema, decodeWire(await nextFrame(frames, maxBytes, signal)))
}

/**
 * Like {@link readAnswer}, with the bytes behind the value in the same frame, which is in memory of `buffers`.
 *
 * @throws {RefusedError | BadFrameError}
 */
export async function readAnswerAndTail<Value>(
  frames: Frames,
  schema: z.ZodType<Value>,
  maxBytes: number,
  signal: AbortSignal,
  buffers: Buffers,
): Promise<{ value: Value; tail: Uint8Array }> {
  const { value, tail } = decodeWireFirst(await nextFrame(frames, maxBytes, signal, buffers))
  return { value: parseAnswer(schema, value), tail }
}

/** Writes what {@link readAnswer} reads; with a tail, what {@link readAnswerAndTail} does. The tail is not copied. */
export function writeAnswer<Value>(
  frames: Frames,
  schema: z.ZodType<Value>,
  value: Value,
  signal: AbortSignal,
  tail: readonly Uint8Array[] = [],
): Promise<void> {
  return frames.write([encodeWire({ value: schema.parse(value) }), ...tail], signal)
}

/** Sends while it waits for the answer: a peer may answer before everything is sent, then nothing more is. */
export async function sendUntilAnswered<Answer>(
  frames: Frames,
  schema: z.ZodType<Answer>,
  maxBytes: number,
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<void>,
): Promise<Answer> {
  const answered = new AbortController()
  const answer = readAnswer(frames, schema, maxBytes, signal).finally(() => answered.abort())
  const sent = send(AbortSignal.any([signal, answered.signal])).catch((error) => {
    if (!answered.signal.aborted) throw error
  })
  const [result] = await Promise.all([answer, sent])
  return result
}

const answerSchema = z.union([z.strictObject({ failure: wireFailureSchema }), z.strictObject({ value: z.unknown() })])

async function nextFrame(
  frames: Frames,
  maxBytes: number,
  signal: AbortSignal,
  buffers?: Buffers,
): Promise<Uint8Array> {
  const bytes = await frames.read(maxBytes, signal, buffers)
  if (!bytes) throw new BadFrameError('it ended before it said anything')
  return bytes
}

function parseAnswer<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const answer = parseFrame(answerSchema, value)
  if ('failure' in answer) throw new RefusedError(answer.failure)
  return parseFrame(schema, answer.value)
}

function parseFrame<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new BadFrameError(z.prettifyError(parsed.error).slice(0, 500), parsed.error)
}

/**
 * Runs `work` with a signal that also aborts after `limitMs`. Not `AbortSignal.any`: of one that is made of another with a timeout Node
 * keeps some 400 bytes for ever, and peers are called ten times a second.
 *
 * @throws {TimedOutError}
 */
export async function withDeadline<Result>(
  what: string,
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted()
  const over = new AbortController()
  const follow = () => over.abort(signal.reason)
  const timer = setTimeout(() => over.abort(new DOMException(`not within ${limitMs} ms`, 'TimeoutError')), limitMs)
  signal.addEventListener('abort', follow)
  try {
    return await work(over.signal)
  } catch (cause) {
    if (over.signal.aborted && !signal.aborted) throw new TimedOutError(what, { limitMs, cause })
    throw cause
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', follow)
  }
}
