import type { Stream } from '@libp2p/interface'
import type { Buffers } from './buffers.ts'
import { BadFrameError, ConnectionLostError, TooLargeError } from './errors.ts'
import { joinSmall } from './joinSmall.ts'
import { inputOf, nextEvent, type StreamInput, sendOn } from './streamInput.ts'

/** Length prefix: unsigned, big endian. */
const PREFIX_BYTES = 4

/** How long a stream may take to close once everything was said. */
const CLOSE_TIMEOUT_MS = 5_000

/** A stream of length-prefixed frames with backpressure both ways. */
export type Frames = {
  /** Aborts once the stream is over in both directions, however it ended; after `rest`, only when it broke. */
  readonly closed: AbortSignal
  /**
   * The next frame, `undefined` once the other side has ended. Its memory is new, or comes from `buffers`.
   *
   * @throws {TooLargeError} before a byte of an oversize frame is kept.
   * @throws {BadFrameError} if the stream ends inside a frame.
   */
  read(maxBytes: number, signal: AbortSignal, buffers?: Buffers): Promise<Uint8Array | undefined>
  /** Resolves once the other side has taken enough to go on. What is written, also in parts, must not be changed afterwards. */
  write(frame: Uint8Array | readonly Uint8Array[], signal: AbortSignal): Promise<void>
  /** Says that no more frames follow; the other side may still send. */
  end(signal: AbortSignal): Promise<void>
  /** Ends, waits a bounded time for the other side to end too, else resets. Never rejects. */
  close(): Promise<void>
  /** Resets the stream: both sides fail at once. */
  abort(error: Error): void
  /** What follows as bytes without frames, both ways, see `duplexOver`; nothing else of this may be used from then on. */
  rest(): { stream: Stream; input: StreamInput }
}

/** Must be called in the same turn in which the stream was handed over, or its first bytes are lost. */
export function framesOver(stream: Stream): Frames {
  const input = inputOf(stream)
  const closed = new AbortController()
  let handedOver = false
  stream.addEventListener('close', ({ error }) => {
    // Both sides may have ended while the last bytes are still on their way through this process.
    if (error || !handedOver) closed.abort(new ConnectionLostError(error))
  })

  return {
    closed: closed.signal,

    async read(maxBytes, signal, buffers) {
      const prefix = await input.take(PREFIX_BYTES, signal)
      if (!prefix) return undefined
      const sizeBytes = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0)
      if (sizeBytes > maxBytes) throw new TooLargeError('a frame', { sizeBytes, maxBytes })
      const frame = await input.take(sizeBytes, signal, buffers)
      if (!frame) throw new BadFrameError('it ended inside a frame')
      return frame
    },

    async write(frame, signal) {
      const parts = frame instanceof Uint8Array ? [frame] : frame
      const prefix = new Uint8Array(PREFIX_BYTES)
      new DataView(prefix.buffer).setUint32(
        0,
        parts.reduce((sum, part) => sum + part.byteLength, 0),
      )
      await sendOn(stream, joinSmall([prefix, ...parts]), signal)
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

    rest() {
      handedOver = true
      return { stream, input }
    },
  }
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
