import { z } from 'zod'
import type { Frames } from './frames.ts'
import { readAnswer, withDeadline, writeAnswer } from './rpc.ts'

// One answer in many pieces. Its end is said, so that a broken stream is not taken for the whole.

/** A reader that takes nothing for so long is given up. */
const STALL_TIMEOUT_MS = 30_000

/** What is said after the last piece. */
export const endSchema = z.strictObject({ end: z.literal(true) })

/** The pieces until the end is said. @throws {RefusedError} what the server failed with, also in the middle */
export async function* readItems<Item extends object>(
  frames: Frames,
  schema: z.ZodType<Item>,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const either = z.union([endSchema, schema])
  try {
    while (true) {
      const item = await readAnswer(frames, either, maxBytes, signal)
      if ('end' in item) return
      yield item
    }
  } finally {
    frames.abort(new Error('nothing more is read'))
  }
}

/** Sends what {@link readItems} reads. @throws {TimedOutError} if the reader takes nothing for long */
export async function writeItems<Item extends object>(
  frames: Frames,
  schema: z.ZodType<Item>,
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): Promise<void> {
  const send = <Value>(kind: z.ZodType<Value>, value: Value) =>
    withDeadline('the reader', STALL_TIMEOUT_MS, signal, (within) => writeAnswer(frames, kind, value, within))
  for await (const item of items) await send(schema, item)
  await send(endSchema, { end: true })
}
