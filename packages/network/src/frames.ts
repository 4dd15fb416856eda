import type { Stream } from '@libp2p/interface'
import { BadFrameError, TooLargeError } from './errors.ts'

/**
 * Above this many buffered bytes the other side is held back. libp2p's own helpers buffer without limit or abort the stream
 * when their buffer is full, and `stream.onDrain` resolves at once from its second call on; hence a reader and writer of our
 * own.
 */
const HIGH_WATER_BYTES = 256 * 1024

/** Length prefix: unsigned, big endian. */
const PREFIX_BYTES = 4

/** How long a stream may take to close once everything was said. */
const CLOSE_TIMEOUT_MS = 5_000

/** A stream of length-prefixed frames with backpressure both ways. */
export type Frames = {
  /** Aborts once the stream is over in both directions, however it ended. */
  readonly closed: AbortSignal
  /**
   * The next frame, `undefined` once the other side has ended.
   *
   * @throws {TooLargeError} before a byte of an oversize frame is kept.
   * @throws {BadFrameError} if the stream ends inside a frame.
   */
  read(maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Resolves once the other side has taken enough to go on. */
  write(frame: Uint8Array, signal: AbortSignal): Promise<void>
  /** Says that no more frames follow; the other side may still send. */
  end(signal: AbortSignal): Promise<void>
  /** Ends, waits a bounded time for the other side to end too, else resets. Never rejects. */
  close(): Promise<void>
  /** Resets the stream: both sides fail at once. */
  abort(error: Error): void
}

/** Must be called in the same turn in which the stream was handed over, or its first bytes are lost. */
export function framesOver(stream: Stream): Frames {
  const input = inputOf(stream)
  const closed = new AbortController()
  stream.addEventListener('close', () => closed.abort(new BadFrameError('the peer went away')))

  return {
    closed: closed.signal,

    async read(maxBytes, signal) {
      const prefix = await input.take(PREFIX_BYTES, signal)
      if (!prefix) return undefined
      const sizeBytes = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0)
      if (sizeBytes > maxBytes) throw new TooLargeError('a frame', { sizeBytes, maxBytes })
      const frame = await input.take(sizeBytes, signal)
      if (!frame) throw new BadFrameError('it ended inside a frame')
      return frame
    },

    async write(frame, signal) {
      signal.throwIfAborted()
      const bytes = new Uint8Array(PREFIX_BYTES + frame.byteLength)
      new DataView(bytes.buffer).setUint32(0, frame.byteLength)
      bytes.set(frame, PREFIX_BYTES)
      stream.send(bytes)
      while (stream.writeBufferLength > HIGH_WATER_BYTES) await nextEvent(stream, ['drain', 'idle', 'close'], signal)
    },

    end: (signal) => stream.close({ signal }),

    async close() {
      const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
      try {
        await stream.close({ signal })
        while (stream.status === 'open' || stream.status === 'closing') {
          input.discard()
          await nextEvent(stream, ['remoteCloseWrite', 'message', 'end', 'close'], signal)
        }
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error('could not close', { cause: error }))
      }
    },

    abort: (error) => stream.abort(error),
  }
}

function inputOf(stream: Stream) {
  let chunks: Uint8Array[] = []
  let bufferedBytes = 0
  let failure: Error | undefined
  let discarding = false

  stream.addEventListener('message', ({ data }) => {
    if (discarding) return
    chunks.push(data.subarray())
    bufferedBytes += data.byteLength
    if (bufferedBytes >= HIGH_WATER_BYTES && stream.readStatus === 'readable') stream.pause()
  })
  stream.addEventListener('close', ({ error }) => {
    failure = error
  })

  /** Exactly `sizeBytes`, or `undefined` if the stream ended before the first of them. */
  async function take(sizeBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    while (bufferedBytes < sizeBytes) {
      signal.throwIfAborted()
      if (stream.readStatus === 'paused') {
        stream.resume()
        continue
      }
      if (failure) throw new BadFrameError('the stream was reset', failure)
      if (stream.readableEnded) {
        if (bufferedBytes === 0) return undefined
        throw new BadFrameError('it ended inside a frame')
      }
      await nextEvent(stream, ['message', 'remoteCloseWrite', 'end', 'close'], signal)
    }
    return shift(sizeBytes)
  }

  function shift(sizeBytes: number): Uint8Array {
    const taken = new Uint8Array(sizeBytes)
    let offset = 0
    while (offset < sizeBytes) {
      const [first] = chunks
      if (!first) throw new Error('fewer bytes than counted')
      const part = first.subarray(0, sizeBytes - offset)
      taken.set(part, offset)
      offset += part.byteLength
      if (part.byteLength === first.byteLength) chunks.shift()
      else chunks[0] = first.subarray(part.byteLength)
    }
    bufferedBytes -= sizeBytes
    return taken
  }

  function discard() {
    discarding = true
    chunks = []
    bufferedBytes = 0
    if (stream.readStatus === 'paused') stream.resume()
  }

  return { take, discard }
}

type StreamEvent = 'message' | 'drain' | 'idle' | 'end' | 'remoteCloseWrite' | 'close'

/** Resolves on the first of `events`; rejects with the signal's reason. */
async function nextEvent(stream: Stream, events: readonly StreamEvent[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  for (const event of events) stream.addEventListener(event, done)
  signal.addEventListener('abort', done)
  try {
    await promise
  } finally {
    for (const event of events) stream.removeEventListener(event, done)
    signal.removeEventListener('abort', done)
  }
  signal.throwIfAborted()
}

/** Runs `work`, then closes the stream in the background; a failure resets it. */
export async function closing<Result>(frames: Frames, work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work()
    void frames.close()
    return result
  } catch (error) {
    frames.abort(error instanceof Error ? error : new Error('failed', { cause: error }))
    throw error
  }
}
