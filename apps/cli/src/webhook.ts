import { createHmac } from 'node:crypto'
import { retry } from '@tender/kit'
import { InvalidInputError, TenderError, UnreachableError } from '@tender/protocol'

/** Where alarms are posted. */
export type Webhook = {
  url: string
  /** Signs what is posted; absent: it is not signed. */
  secret?: string | undefined
}

const TIMEOUT_MS = 10_000
const ATTEMPTS = 5
const MAX_DELAY_MS = 30_000

/** @throws {InvalidInputError} if it is not an address that can be posted to */
export function checkWebhookUrl(written: string): string {
  const url = URL.parse(written)
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url.href
  throw new InvalidInputError(`"${written}" is not an address to post to`, [], {
    hint: 'Write it like https://example.org/hook.',
  })
}

/**
 * Posts JSON, and again with growing pauses if nobody answers or the other side has trouble. `id` is the same each time, so
 * that a receiver can tell a repetition.
 *
 * Headers: `tender-event-id`; with a secret `tender-timestamp` (unix seconds) and `tender-signature`, `sha256=` and the HMAC-SHA256
 * of `timestamp.body` in hex.
 *
 * @throws {UnreachableError} {TimedOutError}; {TenderError} `webhookRefused`, which is not to be tried again
 */
export async function postWebhook(
  { url, secret }: Webhook,
  { id, body }: { id: string; body: unknown },
  signal: AbortSignal,
): Promise<void> {
  const text = JSON.stringify(body)
  await retry(() => post(url, text, headersOf(text, id, secret), signal), {
    signal,
    attempts: ATTEMPTS,
    maxDelayMs: MAX_DELAY_MS,
  })
}

function headersOf(text: string, id: string, secret: string | undefined): Record<string, string> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'tender', 'tender-event-id': id }
  if (secret === undefined) return headers
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')
  return { ...headers, 'tender-timestamp': timestamp, 'tender-signature': `sha256=${signature}` }
}

/** Its path may hold a secret of its own. */
const placeOf = (url: string) => new URL(url).origin

async function post(url: string, body: string, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  let status: number
  try {
    // Followed, it could lead the signed body to somebody else.
    const response = await fetch(url, { method: 'POST', body, headers, signal: within, redirect: 'manual' })
    status = response.status
    await response.body?.cancel()
  } catch (cause) {
    signal.throwIfAborted()
    throw new UnreachableError(`the webhook at ${placeOf(url)} does not answer`, { code: 'webhookSilent', cause })
  }
  if (status >= 200 && status < 300) return
  const message = `the webhook at ${placeOf(url)} answers with ${status}`
  if (status >= 500 || status === 429 || status === 408) throw new UnreachableError(message, { code: 'webhookTrouble' })
  throw new TenderError(message, {
    code: 'webhookRefused',
    class: 'user',
    hint: 'Check its address and what it takes.',
  })
}
