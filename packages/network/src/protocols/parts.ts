import { bytes32Schema, type Dialable, keccak, NotFoundError } from '@tender/protocol'
import { bytesToHex, concat, type Hex } from 'viem'
import { z } from 'zod'
import { CHUNK_BYTES, chunked } from '../chunks.ts'
import { BadFrameError, TooLargeError } from '../errors.ts'
import { closing, type Frames } from '../frames.ts'
import { endSchema, writeItems } from '../items.ts'
import type { NetworkNode } from '../node.ts'
import { readAnswer, readFrame, withDeadline } from '../rpc.ts'
import { bytesSchema } from '../schemas.ts'
import { encodeWire } from '../wire.ts'

/** Most bytes of one part. */
export const MAX_PART_BYTES = 64 * 1024 * 1024

const PURPOSE = 'part'
const MAX_REQUEST_BYTES = 256
const MAX_FRAME_BYTES = CHUNK_BYTES + 1024
const ASK_TIMEOUT_MS = 15_000
const STALL_TIMEOUT_MS = 15_000
/** Whoever sends less than this is given up, however small its steps. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024

const limits = { maxStreams: 128, maxPerCaller: 16, rate: { perSecond: 20, burst: 200 } }
const requestSchema = z.strictObject({ hash: bytes32Schema })
const chunkSchema = z.strictObject({ chunk: bytesSchema(CHUNK_BYTES) })
const pieceSchema = z.union([endSchema, chunkSchema])

/** Content that is asked for by its hash; whole, or in pieces. */
export type PartContent = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Content by its keccak256: a part of an era's data, a monitor's batch. What comes back is what the hash says, whoever sent it.
 *
 * @param maxBytes more is not read; at most {@link MAX_PART_BYTES}
 * @throws {RefusedError} `unknownPart`
 * @throws {TooLargeError} as soon as too much has come
 * @throws {BadFrameError} if it is other content
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const bytes = await askPart(node, monitor, header.digest, { maxBytes: 10_000_000, signal })
 */
export function askPart(
  node: NetworkNode,
  peer: Dialable,
  hash: Hex,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const most = Math.min(maxBytes, MAX_PART_BYTES)
  const limitMs = ASK_TIMEOUT_MS + Math.ceil((most / SLOWEST_BYTES_PER_SECOND) * 1000)
  return withDeadline('the peer asked for a part', limitMs, signal, async (within) => {
    const frames = await withDeadline('the peer asked for a part', ASK_TIMEOUT_MS, within, (opening) =>
      node.open(peer, PURPOSE, opening),
    )
    const bytes = await closing(frames, async () => {
      await frames.write(encodeWire(requestSchema.parse({ hash })), within)
      return readWhole(frames, most, within)
    })
    if (bytesToHex(keccak(bytes)) !== hash.toLowerCase()) throw new BadFrameError('the part is not what its hash says')
    return bytes
  })
}

/** Serves {@link askPart} to anybody. `read` gives `undefined` for what is not here. */
export function serveParts(
  node: NetworkNode,
  read: (hash: Hex, signal: AbortSignal) => Promise<PartContent | undefined>,
): Promise<() => Promise<void>> {
  return node.handle(PURPOSE, limits, async (frames, _caller, signal) => {
    const { hash } = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, (within) =>
      readFrame(frames, requestSchema, MAX_REQUEST_BYTES, within),
    )
    const content = await read(hash, signal)
    if (!content) throw new NotFoundError(`this peer does not have part ${hash}`, { code: 'unknownPart' })
    await writeItems(frames, chunkSchema, asItems(content), signal)
  })
}

async function readWhole(frames: Frames, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  while (true) {
    const item = await withDeadline('the next piece', STALL_TIMEOUT_MS, signal, (within) =>
      readAnswer(frames, pieceSchema, MAX_FRAME_BYTES, within),
    )
    if ('end' in item) return concat(chunks)
    if (item.chunk.byteLength === 0) throw new BadFrameError('a piece without bytes')
    sizeBytes += item.chunk.byteLength
    if (sizeBytes > maxBytes) throw new TooLargeError('a part', { sizeBytes, maxBytes })
    chunks.push(item.chunk)
  }
}

async function* asItems(content: PartContent) {
  for await (const chunk of chunked(content instanceof Uint8Array ? [content] : content)) {
    if (chunk.byteLength > 0) yield { chunk }
  }
}
