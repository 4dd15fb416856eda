import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Stream } from '@libp2p/interface'
import { asError } from './asError.ts'
import { ConnectionLostError } from './errors.ts'
import { HIGH_WATER_BYTES, inputOf, type StreamInput, sendOn } from './streamInput.ts'

/** How long ending may take once everything was taken. */
const END_TIMEOUT_MS = 30_000

/**
 * A libp2p stream as Node has it: backpressure both ways, each side ends for itself, and destroying it resets the stream, so
 * that the other side fails at once instead of taking half for the whole. A stream that breaks destroys it with a
 * {@link ConnectionLostError}.
 *
 * Must be called in the same turn in which the stream was handed over, or with the `input` that was.
 *
 * @example
 * pipeline(socket, duplexOver(stream), socket, () => {})
 */
export function duplexOver(stream: Stream, input: StreamInput = inputOf(stream)): Duplex {
  const over = new AbortController()

  const duplex = new Duplex({
    allowHalfOpen: true,
    readableHighWaterMark: HIGH_WATER_BYTES,
    writableHighWaterMark: HIGH_WATER_BYTES,

    read() {
      input.takeSome(over.signal).then(
        (bytes) => duplex.push(bytes ?? null),
        (error) => duplex.destroy(error),
      )
    },

    write(chunk: Buffer, _encoding, done) {
      sendOn(stream, chunk, over.signal).then(() => done(), done)
    },

    writev(chunks, done) {
      const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk))
      sendOn(stream, bytes, over.signal).then(() => done(), done)
    },

    final(done) {
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(END_TIMEOUT_MS)])
      stream.close({ signal }).then(() => done(), done)
    },

    destroy(error, done) {
      const reason = error ?? new ConnectionLostError()
      over.abort(reason)
      if (!(duplex.readableEnded && duplex.writableFinished)) stream.abort(reason)
      done(error)
    },
  })

  // Also one that nobody reads at the moment learns that it broke.
  stream.addEventListener('close', ({ error }) => {
    if (error || !input.ended()) duplex.destroy(new ConnectionLostError(error))
  })
  return duplex
}

/** Carries bytes between the two until both have ended both ways; when one breaks, or `signal` aborts, so does the other. */
export function joinDuplexes(one: Duplex, other: Duplex, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const both = [one, other]
  const breakBoth = (error: Error) => {
    for (const stream of both) breakOff(stream, error)
  }
  const abort = () => breakBoth(asError(signal.reason))
  let open = both.length
  for (const stream of both) {
    stream.on('error', breakBoth)
    stream.once('close', () => {
      if (!stream.readableEnded || !stream.writableFinished) breakBoth(new ConnectionLostError())
      open--
      if (open === 0) resolve()
    })
    if (stream.destroyed) open--
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted || open < both.length) breakBoth(new ConnectionLostError(signal.reason))
  one.pipe(other)
  other.pipe(one)
  return promise.finally(() => signal.removeEventListener('abort', abort))
}

/** A socket that is only destroyed sends what looks like an end, and half would be taken for the whole. */
function breakOff(stream: Duplex, error: Error): void {
  if (stream instanceof Socket) stream.resetAndDestroy()
  else stream.destroy(error)
}

/** Destroys a stream with the signal's reason when that aborts. */
export function destroyOnAbort(stream: Duplex, signal: AbortSignal): void {
  const abort = () => stream.destroy(asError(signal.reason))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  stream.once('close', () => signal.removeEventListener('abort', abort))
}
