import { type FailureClass, failureClass, failureTable, TenderError, wordsSchema } from '@tender/protocol'
import { z } from 'zod'

/** A peer sent what is not of the protocol: a broken frame, a value of the wrong shape, an early end. */
export class BadFrameError extends TenderError {
  constructor(reason: string, cause?: unknown) {
    super(`a peer broke the protocol: ${reason}`, { code: 'badFrame', class: 'network', cause, data: { reason } })
  }
}

/** The stream, or the connection under it, broke off before the other side had ended it. */
export class ConnectionLostError extends TenderError {
  constructor(cause?: unknown) {
    super('the connection to the peer broke off', { code: 'connectionLost', class: 'network', cause })
  }
}

/** Something is larger than its limit. */
export class TooLargeError extends TenderError {
  constructor(what: string, { sizeBytes, maxBytes }: { sizeBytes: number; maxBytes: number }) {
    super(`${what} has ${sizeBytes} bytes, ${maxBytes} are allowed`, {
      code: 'tooLarge',
      class: 'user',
      data: { what, sizeBytes, maxBytes },
    })
  }
}

/** A peer asks too much at once or too often. */
export class BusyError extends TenderError {
  constructor(code: 'rateLimited' | 'tooManyStreams') {
    super(code === 'rateLimited' ? 'too many requests, slow down' : 'too many requests at once, try again', {
      code,
      class: 'limit',
    })
  }
}

/** The caller is not who may ask this. */
export class DeniedError extends TenderError {
  constructor(code: string, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message, { code, class: 'denied', data })
  }
}

/**
 * The peer answered with a failure: `code`, `class` and `hint` are the peer's. A bug or a stop of the peer's is neither a bug
 * of ours nor our wish to stop, but trouble with that peer.
 */
export class RefusedError extends TenderError {
  constructor({ code, class: failure, message, hint }: WireFailure) {
    const theirs = failure === 'internal' || failure === 'cancelled'
    super(message, { code, class: theirs ? 'network' : failure, hint, data: { remote: true } })
  }
}

const failureClasses = Object.keys(failureTable) as [FailureClass, ...FailureClass[]] // CAST: keys of a constant table

/** How a failure travels. */
export const wireFailureSchema = z.object({
  code: wordsSchema(64),
  class: z.enum(failureClasses).catch('internal'),
  message: wordsSchema(2000),
  hint: wordsSchema(2000).optional(),
})
export type WireFailure = z.infer<typeof wireFailureSchema>

/** SQLite's own number for it. */
const SQLITE_FULL = 13

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'ENOSPC') || ('errcode' in error && error.errcode === SQLITE_FULL)
}

/** What a peer may learn of a failure of ours: everything we meant to say, that there is no room, nothing of a bug. */
export function toWireFailure(error: unknown): WireFailure {
  if (isDiskFull(error)) return { code: 'diskFull', class: 'provider', message: "the peer's disk is full" }
  if (!(error instanceof TenderError)) {
    const failure = failureClass(error)
    return { code: failure, class: failure, message: `the peer failed (${failure})` }
  }
  const { code, class: failure, message, hint } = error
  return { code, class: failure, message: message.slice(0, 2000), hint: hint?.slice(0, 2000) }
}
