import type { Stream } from '@libp2p/interface'
import { TimedOutError } from '@tender/protocol'
import type { Buffers } from './buffers.ts'
import { BadFrameError, ConnectionLostError } from './errors.ts'

/**
 * Above this many buffered bytes the other side is held back. libp2p's own helpers buffer without limit or abort the stream
 * when their buffer is full, and `stream.onDrain` resolves at once from its second call on; hence a reader and writer of our
 * own.
 */
export const HIGH_WATER_BYTES = 256 * 1024

/** What arrives on a stream, taken when there is use for it. */
export type StreamInput = {
  /**
   * Exactly `sizeBytes`, or `undefined` if the other side ended before the first of them. They are copied to new memory, or to such of
   * `buffers`.
   *
   * @throws {BadFrameError} if it ends inside.
   * @throws {ConnectionLostError}
   */
  take(sizeBytes: number, signal: AbortSignal, buffers?: Buffers): Promise<Uint8Array | undefined>
  /** What is there, at least one byte; `undefined` once the other side has ended. @throws {ConnectionLostError} */
  takeSome(signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Forgets what arrived and what will. */
  discard(): void
  /** Whether the other side has said that it sends no more. */
  ended(): boolean
}

/** Must be called in the same turn in which the stream was handed over, or its first bytes are lost. */
export function inputOf(stream: Stream): StreamInput {
  let chunks: Uint8Array[] = []
  let bufferedBytes = 0
  let failure: Error | undefined
  let ended = false
  let discarding = false
  let wantedBytes = 0
  let resuming = false

  stream.addEventListener('message', ({ data }) => {
    if (discarding) return
    chunks.push(data.subarray())
    bufferedBytes += data.byteLength
    if (!resuming) pauseIfFull()
  })
  // A connection that breaks off closes its streams too, without this event.
  stream.addEventListener('remoteCloseWrite', () => {
    ended = true
  })
  stream.addEventListener('close', ({ error }) => {
    failure = error
  })

  function pauseIfFull(): void {
    if (bufferedBytes >= Math.max(HIGH_WATER_BYTES, wantedBytes) && stream.readStatus === 'readable') stream.pause()
  }

  /** yamux forgets a pause from within `resume`, and then lets the other side send until it breaks the stream off. */
  function resume(): void {
    resuming = true
    stream.resume()
    resuming = false
    pauseIfFull()
  }

  /** Waits until `sizeBytes` are there; false if the other side ended before. */
  async function fill(sizeBytes: number, signal: AbortSignal): Promise<boolean> {
    wantedBytes = sizeBytes
    while (bufferedBytes < sizeBytes) {
      signal.throwIfAborted()
      if (stream.readStatus === 'paused') {
        resume()
        continue
      }
      if (failure) throw new ConnectionLostError(failure)
      if (stream.readableEnded || stream.readStatus === 'closed') {
        if (ended) return false
        throw new ConnectionLostError()
      }
      await nextEvent(stream, ['message', 'remoteCloseWrite', 'end', 'close'], signal)
    }
    return true
  }

  async function take(sizeBytes: number, signal: AbortSignal, buffers?: Buffers): Promise<Uint8Array | undefined> {
    if (await fill(sizeBytes, signal)) return shift(buffers?.take(sizeBytes) ?? new Uint8Array(sizeBytes))
    if (bufferedBytes === 0) return undefined
    throw new BadFrameError('it ended inside a frame')
  }

  async function takeSome(signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (!(await fill(1, signal))) return undefined
    const [first] = chunks
    if (!first) throw new Error('fewer bytes than counted')
    chunks.shift()
    bufferedBytes -= first.byteLength
    return first
  }

  function shift(taken: Uint8Array): Uint8Array {
    const sizeBytes = taken.byteLength
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

  return { take, takeSome, discard, ended: () => ended }
}

/** Another side that takes nothing for so long is given up; a person may hold a terminal or a debugger for a while. */
const STALL_TIMEOUT_MS = 10 * 60_000

/**
 * Sends; resolves once the other side has taken enough to go on.
 *
 * @throws {ConnectionLostError}
 * @throws {TimedOutError} if it takes nothing for ten minutes
 */
export async function sendOn(
  stream: Stream,
  bytes: Uint8Array | readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  // In one turn: nobody else's bytes come between the pieces.
  for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
    if (stream.writeStatus !== 'writable') throw new ConnectionLostError()
    stream.send(piece)
  }
  if (stream.writeBufferLength <= HIGH_WATER_BYTES) return
  const stalled = AbortSignal.timeout(STALL_TIMEOUT_MS)
  const either = AbortSignal.any([signal, stalled])
  while (stream.writeBufferLength > HIGH_WATER_BYTES) {
    await nextEvent(stream, ['drain', 'idle', 'close'], either).catch((cause) => {
      throw stalled.aborted ? new TimedOutError('the peer', { limitMs: STALL_TIMEOUT_MS, cause }) : cause
    })
  }
}

type StreamEvent = 'message' | 'drain' | 'idle' | 'end' | 'remoteCloseWrite' | 'close'

/** Resolves on the first of `events`; rejects with the signal's reason. */
export async function nextEvent(stream: Stream, events: readonly StreamEvent[], signal: AbortSignal): Promise<void> {
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
