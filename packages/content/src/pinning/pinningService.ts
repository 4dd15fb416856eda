import { TenderError, TimedOutError, UnreachableError } from '@tender/protocol'
import type { CID } from 'multiformats/cid'
import type { z } from 'zod'
import type { ContentStore } from '../store.ts'

/** What a service says of a DAG. `absent`: nobody asked it to keep that. */
export type PinState = 'queued' | 'pinning' | 'pinned' | 'failed' | 'absent'

/** What to keep. `name` is for people. */
export type PinRequest = { cid: CID; name: string; store: ContentStore }

/**
 * Somebody else's disk that keeps a DAG: an IPFS node of one's own, a company, an archive.
 *
 * All throw `UnreachableError | TimedOutError` for a service that does not answer, and a TenderError `pinningRefused` for one that
 * does not want to.
 */
export type PinningService = {
  /** Asks it to keep a DAG; it may take its time, see `state`. Asking again does no harm. */
  pin(request: PinRequest, signal: AbortSignal): Promise<PinState>
  state(cid: CID, signal: AbortSignal): Promise<PinState>
  /** It need not keep it any longer. Nothing happens where it does not. */
  unpin(cid: CID, signal: AbortSignal): Promise<void>
}

/** Where a service is, and how long it may take to answer. */
export type ServiceOptions = {
  /** Without what the protocol adds, e.g. `http://127.0.0.1:5001` or `https://pins.example/psa`. */
  url: string
  /** Sent as the Authorization header's bearer token. */
  token?: string
  timeoutMs?: number
}

const TIMEOUT_MS = 60_000
const MAX_ANSWER_BYTES = 2 ** 20

/** One request. @throws {TenderError} `pinningRefused` for a status that is neither of success nor among `expected` */
export async function callService(
  { url, token, timeoutMs = TIMEOUT_MS }: ServiceOptions,
  { path, expected = [], ...request }: RequestInit & { path: string; expected?: readonly number[]; duplex?: 'half' },
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      ...request,
      headers: {
        ...Object.fromEntries(new Headers(request.headers)),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    })
    const text = await readText(response)
    if (!response.ok && !expected.includes(response.status)) throw refused(url, response.status, text)
    return { status: response.status, text }
  } catch (cause) {
    signal.throwIfAborted()
    if (deadline.aborted) throw new TimedOutError('the pinning service', { limitMs: timeoutMs, cause })
    if (cause instanceof TenderError) throw cause
    throw new UnreachableError(`cannot reach the pinning service at ${url}`, { cause })
  }
}

/** What a service answered, as it should be. @throws {TenderError} `pinningRefused` */
export function parseAnswer<Answer>(schema: z.ZodType<Answer>, url: string, text: string): Answer {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new TenderError(`${url} does not answer as a pinning service does`, {
      code: 'pinningRefused',
      class: 'network',
      cause,
      data: { text: text.slice(0, 200) },
    })
  }
}

async function readText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new UnreachableError('the pinning service answers without end')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function refused(url: string, status: number, text: string): TenderError {
  const denied = status === 401 || status === 403
  return new TenderError(`the pinning service at ${url} refused with ${status}: ${text.slice(0, 200)}`, {
    code: 'pinningRefused',
    class: denied ? 'denied' : status === 429 ? 'limit' : 'network',
    hint: denied ? 'Check its token.' : undefined,
    data: { status },
  })
}
