import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** Docker's frames: one byte for the stream, three of nothing, four for the length, the bytes. */
const HEADER_BYTES = 8
const STDERR = 2

/**
 * Copies what Docker multiplexed into one stream to the two that it was, and waits for slow readers. Ends neither.
 *
 * @throws what the stream fails with
 */
export async function splitOutput(from: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  let header = Buffer.alloc(0)
  let to = stdout
  let left = 0
  for await (const piece of from) {
    let bytes = Buffer.from(piece)
    while (bytes.length > 0) {
      if (left === 0) {
        const missing = HEADER_BYTES - header.length
        header = Buffer.concat([header, bytes.subarray(0, missing)])
        bytes = bytes.subarray(missing)
        if (header.length < HEADER_BYTES) break
        to = header[0] === STDERR ? stderr : stdout
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
      await write(to, bytes.subarray(0, left))
      const taken = Math.min(left, bytes.length)
      left -= taken
      bytes = bytes.subarray(taken)
    }
  }
}

/** Copies everything, waiting for a slow reader. Does not end `to`. */
export async function copyOutput(from: Readable, to: Writable): Promise<void> {
  for await (const piece of from) await write(to, piece)
}

/** A reader that is gone waits for nothing: the rest is thrown away. */
async function write(to: Writable, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || to.destroyed || to.write(bytes)) return
  const done = new AbortController()
  const { signal } = done
  await Promise.race([once(to, 'drain', { signal }), once(to, 'close', { signal })])
  done.abort()
}
