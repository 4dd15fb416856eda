import { decode, encode } from '@ipld/dag-cbor'
import { varint } from 'multiformats'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import type { Sink } from './build.ts'
import { MAX_BLOCK_BYTES, parseCid, verifyBlock } from './cid.ts'
import { ContentLimitError, MalformedContentError } from './errors.ts'
import { type ReadBlock, walk } from './walk.ts'

// Reading is written out here, since the libraries keep as much of a section as its length claims.

/** How many blocks are taken, and their bytes. */
export type BlockLimits = { bytes: number; blocks: number }

const MAX_HEADER_BYTES = 64 * 1024
/** A block and the CID in front of it. */
const MAX_SECTION_BYTES = MAX_BLOCK_BYTES + 128
/** Of a length that is allowed. */
const MAX_VARINT_BYTES = 4

const headerSchema = z.object({
  version: z.literal(1),
  roots: z.array(z.custom<CID>((value) => CID.asCID(value) !== null)).max(256),
})

/** A DAG as CAR version 1, byte for byte that of `ipfs dag export`. */
export async function* writeCar(
  root: CID,
  read: ReadBlock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const header = encode({ version: 1, roots: [root] })
  yield sectionOf([header])
  for await (const { cid, bytes } of walk(root, read, { withLeaves: true }, signal)) {
    if (!bytes) continue
    // Large blocks are not copied.
    yield sectionOf([cid.bytes], bytes.byteLength)
    yield bytes
  }
}

/**
 * Hands each block of a CAR file to `sink` once it is checked; answers the roots that the file names.
 *
 * @throws {MalformedContentError | BadBlockError | ContentLimitError | InvalidInputError}
 */
export async function readCar(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: Sink,
  limits: BlockLimits,
  signal: AbortSignal,
): Promise<CID[]> {
  const sections = sectionsIn(pieces, signal)
  const header = (await sections.next()).value
  if (!header) throw new MalformedContentError('the CAR file is empty')
  const roots = rootsOf(header)
  let blocks = 0
  let bytes = 0
  for await (const section of sections) {
    const { cid, block } = splitSection(section)
    if (++blocks > limits.blocks) throw new ContentLimitError('blocks', { limit: limits.blocks })
    bytes += block.byteLength
    if (bytes > limits.bytes) throw new ContentLimitError('bytes', { limit: limits.bytes })
    await verifyBlock(cid, block)
    await sink.put(cid, block)
  }
  return roots
}

function sectionOf(parts: readonly Uint8Array[], followingBytes = 0): Uint8Array {
  const partBytes = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const length = partBytes + followingBytes
  const prefixBytes = varint.encodingLength(length)
  const section = new Uint8Array(prefixBytes + partBytes)
  varint.encodeTo(length, section)
  let at = prefixBytes
  for (const part of parts) {
    section.set(part, at)
    at += part.byteLength
  }
  return section
}

function rootsOf(header: Uint8Array): CID[] {
  try {
    return headerSchema.parse(decode(header)).roots.map((root) => parseCid(root.bytes))
  } catch (cause) {
    throw new MalformedContentError('the CAR file is not of version 1', { cause })
  }
}

function splitSection(section: Uint8Array): { cid: CID; block: Uint8Array } {
  try {
    const [cid, block] = CID.decodeFirst(section)
    return { cid: parseCid(cid.bytes), block }
  } catch (cause) {
    throw new MalformedContentError('the CAR file holds a block whose CID is not read here', { cause })
  }
}

/** The header, then each block with its CID. */
async function* sectionsIn(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let next: { bytes: number; prefixBytes: number } | undefined
  let maxBytes = MAX_HEADER_BYTES
  for await (const piece of pieces) {
    signal.throwIfAborted()
    if (piece.byteLength === 0) continue
    waiting.push(piece)
    waitingBytes += piece.byteLength
    while (true) {
      next ??= lengthAt(waiting, maxBytes)
      if (!next || waitingBytes < next.prefixBytes + next.bytes) break
      const end = next.prefixBytes + next.bytes
      const all = joined(waiting)
      yield all.subarray(next.prefixBytes, end)
      waiting = end < all.byteLength ? [all.subarray(end)] : []
      waitingBytes -= end
      maxBytes = MAX_SECTION_BYTES
      next = undefined
    }
  }
  if (waitingBytes > 0) throw new MalformedContentError('the CAR file ends inside a block')
}

/** The length that comes next, `undefined` if its bytes are not all there. */
function lengthAt(
  waiting: readonly Uint8Array[],
  maxBytes: number,
): { bytes: number; prefixBytes: number } | undefined {
  const start = waiting.slice(0, MAX_VARINT_BYTES).flatMap((part) => [...part.subarray(0, MAX_VARINT_BYTES)])
  const last = start.slice(0, MAX_VARINT_BYTES).findIndex((byte) => byte < 0x80)
  if (last < 0 && start.length < MAX_VARINT_BYTES) return undefined
  const [bytes, prefixBytes] = last < 0 ? [Number.POSITIVE_INFINITY, 0] : decodeLength(start)
  if (bytes > maxBytes) throw new ContentLimitError('bytes in a block', { limit: maxBytes })
  if (bytes === 0) throw new MalformedContentError('the CAR file holds an empty section')
  return { bytes, prefixBytes }
}

function decodeLength(start: readonly number[]): [bytes: number, prefixBytes: number] {
  try {
    return varint.decode(Uint8Array.from(start))
  } catch (cause) {
    throw new MalformedContentError('the CAR file holds a length that is none', { cause })
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (parts.length <= 1) return only ?? new Uint8Array()
  return new Uint8Array(Buffer.concat(parts))
}
