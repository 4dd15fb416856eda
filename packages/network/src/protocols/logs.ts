import { bytes32Schema, type Dialable, TenderError, wordsSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { BadFrameError } from '../errors.ts'
import { readItems, writeItems } from '../items.ts'
import { type LeaseBook, openLease, type SignedSession, signedSessionSchema } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'
import { readFrame, withDeadline } from '../rpc.ts'
import { bytesSchema } from '../schemas.ts'
import { decodeWire, encodeWire } from '../wire.ts'

/** One line of a workload's log. */
export type LogLine = {
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** `system`: the provider wrote it about the workload. */
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly service: string
  readonly text: string
}

/** Lines of an ended lease's log that only its agent can read: {@link packLogLines}, then `seal`. */
export type SealedLogLines = { readonly sealed: Uint8Array }

export type LogsRequest = {
  lease: Hex
  /** Go on with what is written from now on. */
  follow: boolean
  /** How many past lines. */
  tail: number
}

const PURPOSE = 'logs'
const limits = { maxStreams: 256, maxPerCaller: 16, rate: { perSecond: 5, burst: 20 } }
const MAX_REQUEST_BYTES = 16 * 1024

/** Longest line that travels; the rest of a longer one is cut. */
const MAX_LINE_CHARACTERS = 16 * 1024
/** Largest sealed piece. */
export const MAX_SEALED_LOG_BYTES = 256 * 1024
const MAX_FRAME_BYTES = MAX_SEALED_LOG_BYTES + 1024
const MAX_TAIL = 10_000
const ASK_TIMEOUT_MS = 5_000

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
const itemSchema = z.union([
  z.strictObject({ line: lineSchema }),
  z.strictObject({ sealed: bytesSchema(MAX_SEALED_LOG_BYTES) }),
])

/** Lines as bytes, to be sealed together; at most {@link MAX_SEALED_LOG_BYTES} once they are. */
export function packLogLines(lines: readonly LogLine[]): Uint8Array {
  return encodeWire(lines.map(cut))
}

/** Reverses {@link packLogLines}. @throws {BadFrameError} */
function unpackLogLines(packed: Uint8Array): LogLine[] {
  const parsed = z.array(lineSchema).safeParse(decodeWire(packed))
  if (parsed.success) return parsed.data
  throw new BadFrameError('no lines of a log', parsed.error)
}

function cut({ text, ...line }: LogLine): LogLine {
  return { ...line, text: text.slice(0, MAX_LINE_CHARACTERS) }
}

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
  { unseal, ...request }: LogsRequest & { session?: SignedSession | undefined; unseal?: Unseal | undefined },
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const asked = await withDeadline('the provider asked for logs', ASK_TIMEOUT_MS, signal, async (within) => {
    const frames = await node.open(provider, PURPOSE, within)
    await frames.write(encodeWire(requestSchema.parse(request)), within)
    await frames.end(within)
    return frames
  })
  for await (const item of readItems(asked, itemSchema, MAX_FRAME_BYTES, signal)) {
    if ('line' in item) yield item.line
    else if (unseal) yield* unpackLogLines(await unseal(item.sealed))
    else throw new TenderError("the log is sealed to the lease's agent", { code: 'sealedLog', class: 'denied' })
  }
}

/** Opens what was sealed to the lease's agent with the context `logs:<lease>`. */
export type Unseal = (sealed: Uint8Array) => Promise<Uint8Array>

/**
 * Serves {@link readLogs}, to the lease's agent only. `signal` aborts when the reader goes: `logs` must end then. The log of an
 * ended lease comes in sealed pieces.
 */
export function serveLogs(
  node: NetworkNode,
  leases: LeaseBook & { logs(request: LogsRequest, signal: AbortSignal): AsyncIterable<LogLine | SealedLogLines> },
): Promise<() => Promise<void>> {
  return node.handle(PURPOSE, limits, async (frames, caller, signal) => {
    const request = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, async (within) => {
      const { session, ...asked } = await readFrame(frames, requestSchema, MAX_REQUEST_BYTES, within)
      await openLease(node, leases, { lease: asked.lease, session, scope: 'logs' }, caller, within)
      return asked
    })
    await writeItems(frames, itemSchema, asItems(leases.logs(request, signal)), signal)
  })
}

async function* asItems(log: AsyncIterable<LogLine | SealedLogLines>): AsyncGenerator<z.infer<typeof itemSchema>> {
  for await (const item of log) yield 'sealed' in item ? { sealed: item.sealed } : { line: cut(item) }
}
