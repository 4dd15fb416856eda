import type { Dialable } from '@tender/protocol'
import { z } from 'zod'
import { asError } from '../asError.ts'
import { createBuffers } from '../buffers.ts'
import { BadFrameError } from '../errors.ts'
import { endSchema } from '../items.ts'
import { createLines, type Lines } from '../lines.ts'
import type { NetworkNode, ServeLimits } from '../node.ts'
import { readAnswerAndTail, readFrame, withDeadline, writeAnswer } from '../rpc.ts'
import { bytesSchema } from '../schemas.ts'
import { encodeWire } from '../wire.ts'

/** A block of content: its CID and its bytes. Nobody here checks that they belong together. */
export type Block = {
  cid: Uint8Array
  bytes: Uint8Array
  /** Says that `bytes` are not read any more: their memory takes other blocks then. Who does not say so keeps them. */
  release(): void
}

/** Largest block that is given and taken. */
const MAX_BLOCK_BYTES = 2 * 1024 * 1024
/** So many bytes of blocks go in one frame, or one larger block alone. */
const BATCH_BYTES = 1024 * 1024

/** Most blocks of one stream. */
const MAX_ASKED = 256
const MAX_CID_BYTES = 64
const MAX_REQUEST_BYTES = MAX_ASKED * (MAX_CID_BYTES + 8)
const MAX_FRAME_BYTES = MAX_BLOCK_BYTES + MAX_ASKED * 32 + 64

/** Frames' memory that one question keeps to use again. */
const KEPT_BUFFERS = 8

const NAME = 'blocks'
const limits = { maxStreams: 256, maxPerCaller: 8, rate: { perSecond: 100, burst: 400 } } satisfies ServeLimits

/** A server that does other things for the same caller has room for them. Who asks more at once waits, and is not refused. */
const STREAMS_TO_A_PEER = limits.maxPerCaller / 2
const linesOf = new WeakMap<NetworkNode, Lines>()

/** For the caller dialling and asking; for the server reading what is asked. */
const ASK_TIMEOUT_MS = 15_000
/** Whoever sends no block for so long is given up. */
const STALL_TIMEOUT_MS = 60_000
/** Whoever takes nothing for so long, likewise. */
const TAKE_TIMEOUT_MS = 30_000

const requestSchema = z.strictObject({ cids: z.array(bytesSchema(MAX_CID_BYTES)).min(1).max(MAX_ASKED) })
/** What one frame brings: which of those that were asked for, and how many of the bytes behind this each has. */
const batchSchema = z.strictObject({
  blocks: z
    .array(
      z.strictObject({
        at: z
          .int()
          .min(0)
          .max(MAX_ASKED - 1),
        size: z.int().min(0).max(MAX_BLOCK_BYTES),
      }),
    )
    .min(1)
    .max(MAX_ASKED),
})
const itemSchema = z.union([endSchema, batchSchema])
type Item = z.infer<typeof itemSchema>

/**
 * Asks a peer for blocks. Those that it does not have are left out; ending the loop or aborting `signal` ends the transfer. Of many
 * questions to the same peer some wait for the others.
 *
 * @throws {RefusedError} `rateLimited`, `tooManyStreams`, …; also in the middle
 * @throws {BadFrameError} if the peer gives what it was not asked for
 * @throws {UnreachableError | TimedOutError} also where it gives nothing for a minute
 * @example
 * for await (const { cid, bytes } of askBlocks(node, tenant, [root], signal)) await keep(cid, bytes)
 */
export async function* askBlocks(
  node: NetworkNode,
  peer: Dialable,
  cids: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const lines = linesOf.get(node) ?? createLines(STREAMS_TO_A_PEER)
  linesOf.set(node, lines)
  for (let at = 0; at < cids.length; at += MAX_ASKED) {
    const leave = await lines.enter(peer.publicKey, signal)
    try {
      yield* askSome(node, peer, cids.slice(at, at + MAX_ASKED), signal)
    } finally {
      leave()
    }
  }
}

async function* askSome(
  node: NetworkNode,
  peer: Dialable,
  cids: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const body = encodeWire(requestSchema.parse({ cids }))
  const what = 'the peer asked for blocks'
  const frames = await withDeadline(what, ASK_TIMEOUT_MS, signal, (within) => node.open(peer, NAME, within))
  const left = new Map(cids.entries())
  const buffers = createBuffers(KEPT_BUFFERS)
  let done = false
  try {
    await withDeadline(what, ASK_TIMEOUT_MS, signal, (within) => frames.write(body, within))
    while (true) {
      const { value, tail } = await withDeadline('the peer that sends blocks', STALL_TIMEOUT_MS, signal, (within) =>
        readAnswerAndTail(frames, itemSchema, MAX_FRAME_BYTES, within, buffers),
      )
      if ('end' in value) break
      yield* blocksIn(value.blocks, tail, left, () => buffers.giveBack(tail))
    }
    done = true
  } catch (error) {
    frames.abort(asError(error))
    throw error
  } finally {
    if (done) void frames.close()
    // The loop may have been left; for a stream that failed it is too late to matter.
    else frames.abort(new Error('nothing more is read'))
  }
}

/** The blocks of one frame. Takes them out of `left`; calls `over` when all are released. @throws {BadFrameError} */
function* blocksIn(
  batch: z.infer<typeof batchSchema>['blocks'],
  bytes: Uint8Array,
  left: Map<number, Uint8Array>,
  over: () => void,
): Generator<Block, void, undefined> {
  let start = 0
  const held = new Set(batch)
  for (const item of batch) {
    const { at, size } = item
    const cid = left.get(at)
    if (!cid) throw new BadFrameError('a block that was not asked for')
    left.delete(at)
    if (start + size > bytes.byteLength) throw new BadFrameError('fewer bytes than it says')
    const release = () => {
      if (held.delete(item) && held.size === 0) over()
    }
    yield { cid, bytes: bytes.subarray(start, start + size), release }
    start += size
  }
  if (start < bytes.byteLength) throw new BadFrameError('more bytes than it says')
}

type Blocks = { block(cid: Uint8Array): Promise<Uint8Array | undefined> }

/**
 * Answers {@link askBlocks}, to anybody: knowing a CID is the right to read it. `store` answers `undefined` for what it does not have.
 */
export function serveBlocks(node: NetworkNode, store: Blocks): Promise<() => Promise<void>> {
  return node.handle(NAME, limits, async (frames, _caller, signal) => {
    const { cids } = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, (within) =>
      readFrame(frames, requestSchema, MAX_REQUEST_BYTES, within),
    )
    const send = (value: Item, tail?: readonly Uint8Array[]) =>
      withDeadline('the reader', TAKE_TIMEOUT_MS, signal, (within) =>
        writeAnswer(frames, itemSchema, value, within, tail),
      )
    for await (const batch of oneAhead(batchesOf(store, cids))) {
      await send(
        { blocks: batch.map(({ at, bytes }) => ({ at, size: bytes.byteLength })) },
        batch.map(({ bytes }) => bytes),
      )
    }
    await send({ end: true })
  })
}

type Found = { at: number; bytes: Uint8Array }

/** What the store has, as much together as goes in one frame. */
async function* batchesOf(store: Blocks, cids: readonly Uint8Array[]): AsyncGenerator<Found[], void, undefined> {
  let batch: Found[] = []
  let batchBytes = 0
  for (const [at, cid] of cids.entries()) {
    const bytes = await store.block(cid)
    if (!bytes || bytes.byteLength > MAX_BLOCK_BYTES) continue
    if (batch.length > 0 && batchBytes + bytes.byteLength > BATCH_BYTES) {
      yield batch
      batch = []
      batchBytes = 0
    }
    batch.push({ at, bytes })
    batchBytes += bytes.byteLength
  }
  if (batch.length > 0) yield batch
}

/** The same, the next one made while its user is busy with one. */
async function* oneAhead<Item>(items: AsyncGenerator<Item, void, undefined>): AsyncGenerator<Item, void, undefined> {
  const ask = () => {
    const next = items.next()
    // Its failure is thrown where it is awaited; who leaves the loop before does not care.
    next.catch(() => {})
    return next
  }
  for (let next = ask(); ; ) {
    const { done, value } = await next
    if (done) return
    next = ask()
    yield value
  }
}
