import type { Dialable } from '@tender/protocol'
import { z } from 'zod'
import { asError } from '../asError.ts'
import { BadFrameError } from '../errors.ts'
import { endSchema, writeItems } from '../items.ts'
import type { NetworkNode, ServeLimits } from '../node.ts'
import { readAnswer, readFrame, withDeadline } from '../rpc.ts'
import { bytesSchema } from '../schemas.ts'
import { encodeWire } from '../wire.ts'

/** A block of content: its CID and its bytes. Nobody here checks that they belong together. */
export type Block = { cid: Uint8Array; bytes: Uint8Array }

/** Largest block that is given and taken. */
const MAX_BLOCK_BYTES = 2 * 1024 * 1024
const MAX_FRAME_BYTES = MAX_BLOCK_BYTES + 1024

/** Most blocks of one stream. */
const MAX_ASKED = 256
const MAX_CID_BYTES = 64
const MAX_REQUEST_BYTES = MAX_ASKED * (MAX_CID_BYTES + 8)

const NAME = 'blocks'
const limits: ServeLimits = { maxStreams: 256, maxPerCaller: 8, rate: { perSecond: 100, burst: 400 } }

/** For the caller dialling and asking; for the server reading what is asked. */
const ASK_TIMEOUT_MS = 15_000
/** Whoever sends no block for so long is given up. */
const STALL_TIMEOUT_MS = 60_000

const requestSchema = z.strictObject({ cids: z.array(bytesSchema(MAX_CID_BYTES)).min(1).max(MAX_ASKED) })
/** `at`: which of those that were asked for. */
const blockSchema = z.strictObject({
  at: z
    .int()
    .min(0)
    .max(MAX_ASKED - 1),
  bytes: bytesSchema(MAX_BLOCK_BYTES),
})
const itemSchema = z.union([endSchema, blockSchema])

/**
 * Asks a peer for blocks. Those that it does not have are left out; ending the loop or aborting `signal` ends the transfer.
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
  for (let at = 0; at < cids.length; at += MAX_ASKED) {
    yield* askSome(node, peer, cids.slice(at, at + MAX_ASKED), signal)
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
  let done = false
  try {
    await withDeadline(what, ASK_TIMEOUT_MS, signal, (within) => frames.write(body, within))
    while (true) {
      const item = await withDeadline('the peer that sends blocks', STALL_TIMEOUT_MS, signal, (within) =>
        readAnswer(frames, itemSchema, MAX_FRAME_BYTES, within),
      )
      if ('end' in item) break
      const cid = left.get(item.at)
      if (!cid) throw new BadFrameError('a block that was not asked for')
      left.delete(item.at)
      yield { cid, bytes: item.bytes }
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

/**
 * Answers {@link askBlocks}, to anybody: knowing a CID is the right to read it. `store` answers `undefined` for what it does not have.
 */
export function serveBlocks(
  node: NetworkNode,
  store: { block(cid: Uint8Array): Promise<Uint8Array | undefined> },
): Promise<() => Promise<void>> {
  return node.handle(NAME, limits, async (frames, _caller, signal) => {
    const { cids } = await withDeadline('reading the request', ASK_TIMEOUT_MS, signal, (within) =>
      readFrame(frames, requestSchema, MAX_REQUEST_BYTES, within),
    )
    await writeItems(frames, blockSchema, blocksOf(store, cids), signal)
  })
}

async function* blocksOf(
  store: { block(cid: Uint8Array): Promise<Uint8Array | undefined> },
  cids: readonly Uint8Array[],
): AsyncGenerator<z.infer<typeof blockSchema>> {
  for (const [at, cid] of cids.entries()) {
    const bytes = await store.block(cid)
    if (bytes && bytes.byteLength <= MAX_BLOCK_BYTES) yield { at, bytes }
  }
}
