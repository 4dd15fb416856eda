import { bytes32Schema, type Dialable, wordsSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease, type SignedSession, signedSessionSchema } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'
import { readAnswer, readFrame, withDeadline, writeAnswer } from '../rpc.ts'
import { encodeWire } from '../wire.ts'

/** One line of a workload's log. */
export type LogLine = {
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** `system`: the provider wrote it about the workload. */
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly service: string
  readonly text: string
}

export type LogsRequest = {
  lease: Hex
  /** Go on with what is written from now on. */
  follow: boolean
  /** How many past lines. */
  tail: number
}

const PURPOSE = 'logs'
const limits = { maxStreams: 64, rate: { perSecond: 5, burst: 20 } }
const MAX_REQUEST_BYTES = 16 * 1024

/** Longest line that travels; the rest of a longer one is cut. */
const MAX_LINE_CHARACTERS = 16 * 1024
const MAX_FRAME_BYTES = 80 * 1024
const MAX_TAIL = 10_000
const ASK_TIMEOUT_MS = 5_000
/** A reader that takes nothing for so long is given up. */
const STALL_TIMEOUT_MS = 30_000

const requestSchema = z.strictObject({
  lease: bytes32Schema,
  follow: z.boolean(),
  tail: z.int().min(0).max(MAX_TAIL),
  session: signedSessionSchema.optional(),
})

const lineSchema = z.strictObject({
  atMs: z.number(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  service: wordsSchema(64),
  // Colours and tabs are the workload's own; a second line could pass for one of ours.
  text: z
    .string()
    .max(MAX_LINE_CHARACTERS)
    .transform((text) => text.replaceAll('\n', ' ')),
})
/** The end is said, so that a broken stream is not taken for a finished log. */
const itemSchema = z.union([z.strictObject({ line: lineSchema }), z.strictObject({ end: z.literal(true) })])

/**
 * A workload's log. Ends with the log, or with the loop that reads it; aborting `signal` throws.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, …
 * @example
 * for await (const line of readLogs(node, provider, { lease, follow: true, tail: 100 }, signal)) console.log(line.text)
 */
export async function* readLogs(
  node: NetworkNode,
  provider: Dialable,
  request: LogsRequest & { session?: SignedSession | undefined },
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const asked = await withDeadline('the provider asked for logs', ASK_TIMEOUT_MS, signal, async (within) => {
    const frames = await node.open(provider, PURPOSE, within)
    await frames.write(encodeWire(requestSchema.parse(request)), within)
    await frames.end(within)
    return frames
  })
  try {
    while (true) {
      const item = await readAnswer(asked, itemSchema, MAX_FRAME_BYTES, signal)
      if ('end' in item) return
      yield item.line
    }
  } finally {
    asked.abort(new Error('the log is no longer read'))
  }
}

/** Serves {@link readLogs}, to the lease's agent only. `signal` aborts when the reader goes: `logs` must end then. */
export function serveLogs(
  node: NetworkNode,
  leases: LeaseBook & { logs(request: LogsRequest, signal: AbortSignal): AsyncIterable<LogLine> },
): Promise<() => Promise<void>> {
  return node.handle(PURPOSE, limits, async (frames, caller, signal) => {
    const request = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, async (within) => {
      const { session, ...asked } = await readFrame(frames, requestSchema, MAX_REQUEST_BYTES, within)
      await openLease(node, leases, { lease: asked.lease, session, scope: 'logs' }, caller, within)
      return asked
    })
    const send = (item: z.input<typeof itemSchema>) =>
      withDeadline('the reader', STALL_TIMEOUT_MS, signal, (within) => writeAnswer(frames, itemSchema, item, within))
    for await (const { text, ...line } of leases.logs(request, signal)) {
      await send({ line: { ...line, text: text.slice(0, MAX_LINE_CHARACTERS) } })
    }
    await send({ end: true })
  })
}
