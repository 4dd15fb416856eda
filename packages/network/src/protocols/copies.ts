import { Readable } from 'node:stream'
import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { asError } from '../asError.ts'
import { CHUNK_BYTES, chunked } from '../chunks.ts'
import { BadFrameError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { readItems, writeItems } from '../items.ts'
import type { LeaseBook } from '../leaseAccess.ts'
import { defineLeaseStream, type LeaseRequest, leaseFields, serveLeaseStreams } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { readFrame, sendUntilAnswered, withDeadline, writeAnswer } from '../rpc.ts'
import { bytesSchema, containerPathSchema, replicaSchema, serviceNameSchema } from '../schemas.ts'
import { askReady, tellReady } from '../streamKind.ts'
import { encodeWire } from '../wire.ts'

/** A place in one of a lease's containers. `path` is absolute. */
export type CopyPlace = { service: string; replica: number; path: string }

const MAX_FRAME_BYTES = CHUNK_BYTES + 1024
const MAX_RECEIPT_BYTES = 16 * 1024
/** Whoever sends nothing for so long is given up. */
const STALL_TIMEOUT_MS = 60_000

const shared = {
  scope: 'exec',
  request: z.strictObject({
    ...leaseFields,
    service: serviceNameSchema,
    replica: replicaSchema,
    path: containerPathSchema,
  }),
  maxRequestBytes: 16 * 1024,
  limits: { maxStreams: 64, maxPerCaller: 8, maxPerLease: 8, rate: { perSecond: 5, burst: 20 } },
} as const
const outwards = defineLeaseStream({ name: 'copy-out', ...shared })
const inwards = defineLeaseStream({ name: 'copy-in', ...shared })

const chunkSchema = z.strictObject({ chunk: bytesSchema(CHUNK_BYTES) })
const sentSchema = z.union([chunkSchema, z.strictObject({ end: z.literal(true) })])
const receiptSchema = z.strictObject({ done: z.literal(true) })

/**
 * A file or directory of a container as a tar stream. What goes wrong in the middle destroys it with the provider's error;
 * destroying it, or aborting `signal` at any time, ends the copy.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `scopeMissing`, `pathNotFound`, …
 * @example
 * const tar = await copyOut(node, provider, { lease, service: 'db', replica: 0, path: '/var/lib/data' }, signal)
 * await pipeline(tar, extract('./data'))
 */
export async function copyOut(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & CopyPlace,
  signal: AbortSignal,
): Promise<Readable> {
  const frames = await askReady(node, provider, outwards, request, signal)
  const tar = Readable.from(chunksIn(frames, signal), { objectMode: false, highWaterMark: CHUNK_BYTES })
  // One that nobody began to read has not begun to run what would end it.
  tar.once('close', () => frames.abort(new Error('nothing more is read')))
  return tar
}

async function* chunksIn(frames: Frames, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const { chunk } of readItems(frames, chunkSchema, MAX_FRAME_BYTES, signal)) yield chunk
}

/**
 * Unpacks a tar stream into a directory of a container. Resolves once everything is there. `tar` is destroyed when it fails.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `scopeMissing`, `pathNotFound`, …; also in the middle
 */
export async function copyIn(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & CopyPlace,
  tar: Readable,
  signal: AbortSignal,
): Promise<void> {
  try {
    const frames = await askReady(node, provider, inwards, request, signal)
    try {
      await sendUntilAnswered(frames, receiptSchema, MAX_RECEIPT_BYTES, signal, async (sending) => {
        for await (const chunk of chunked(tar)) await frames.write(encodeWire({ chunk }), sending)
        await frames.write(encodeWire({ end: true }), sending)
      })
      void frames.close()
    } catch (error) {
      frames.abort(asError(error))
      throw error
    }
  } finally {
    tar.destroy()
  }
}

/** Serves {@link copyOut} and {@link copyIn}, to the lease's agent only. Streams are destroyed when the caller goes. */
export async function serveCopies(
  node: NetworkNode,
  leases: LeaseBook & {
    copyOut(lease: Hex, from: CopyPlace, signal: AbortSignal): Promise<Readable>
    copyIn(lease: Hex, to: CopyPlace, tar: Readable, signal: AbortSignal): Promise<void>
  },
): Promise<() => Promise<void>> {
  const stops = [
    await serveLeaseStreams(node, leases, outwards, async ({ lease, ...from }, frames, signal) => {
      const tar = await leases.copyOut(lease, from, signal)
      try {
        await tellReady(frames, signal)
        await writeItems(frames, chunkSchema, asItems(tar), signal)
      } finally {
        tar.destroy()
      }
    }),
    await serveLeaseStreams(node, leases, inwards, async ({ lease, ...to }, frames, signal) => {
      await tellReady(frames, signal)
      const tar = Readable.from(chunksSent(frames, signal), { objectMode: false, highWaterMark: CHUNK_BYTES })
      try {
        await leases.copyIn(lease, to, tar, signal)
        await writeAnswer(frames, receiptSchema, { done: true }, signal)
      } finally {
        tar.destroy()
      }
    }),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}

async function* asItems(tar: Readable) {
  for await (const chunk of chunked(tar)) yield { chunk }
}

async function* chunksSent(frames: Frames, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  while (true) {
    const item = await withDeadline('the next piece', STALL_TIMEOUT_MS, signal, (within) =>
      readFrame(frames, sentSchema, MAX_FRAME_BYTES, within),
    )
    if ('end' in item) return
    if (item.chunk.byteLength === 0) throw new BadFrameError('a piece without bytes')
    yield item.chunk
  }
}
