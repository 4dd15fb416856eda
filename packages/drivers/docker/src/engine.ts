import { TenderError, UnreachableError } from '@tender/protocol'
import Docker from 'dockerode'
import { z } from 'zod'
import { statusOf } from './statusOf.ts'

/** A Docker engine. Two clients, since a call that does not answer is given up and a stream may be silent for days. */
export type Engine = { readonly calls: Docker; readonly streams: Docker }

/** Where Debian's package and Docker's own listen. */
export const SOCKET_PATH = '/var/run/docker.sock'

/** For one call without a byte of an answer; a loaded host takes seconds to create a container. */
const SILENCE_MS = 120_000

const failureSchema = z.object({
  statusCode: z.number().optional(),
  code: z.string().optional(),
  syscall: z.string().optional(),
})

/** @example const { calls } = createEngine('/var/run/docker.sock') */
export function createEngine(socketPath: string): Engine {
  return { calls: new Docker({ socketPath, timeout: SILENCE_MS }), streams: new Docker({ socketPath }) }
}

/** For `catch`: passes over refusals with one of these statuses. */
export function ignore(...statuses: number[]): (error: unknown) => undefined {
  return (error) => {
    if (!statuses.includes(statusOf(error))) throw error
    return undefined
  }
}

/**
 * Turns what a client of the engine throws into errors of this project: `engineUnreachable` (class `network`, so the same call
 * may succeed later) when the daemon is dead, silent or being replaced; `engineRefused` (class `provider`) when it says no.
 */
export function engineFailure(error: unknown): unknown {
  if (error instanceof TenderError || !(error instanceof Error)) return error
  const { statusCode, code, syscall } = failureSchema.catch({}).parse(error)
  const unreachable =
    syscall !== undefined || ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code ?? '')
  const isFile = syscall !== undefined && !['connect', 'read', 'write'].includes(syscall)
  // dockerd that is stopping answers 503.
  if ((unreachable && !isFile) || statusCode === 503)
    return new UnreachableError('the Docker engine does not answer', { code: 'engineUnreachable', cause: error })
  if (statusCode === undefined) return error
  return new TenderError(`the Docker engine refused: ${error.message}`, {
    code: 'engineRefused',
    class: 'provider',
    data: { statusCode },
    cause: error,
  })
}
