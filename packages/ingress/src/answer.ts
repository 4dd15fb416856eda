import type { ServerResponse } from 'node:http'
import type { Route } from './route.ts'

/** What a visitor is told who cannot be brought to a workload. */
export type Refusal =
  | Exclude<Route, { state: 'ready' }>
  | { state: 'none' }
  | { state: 'misdirected' }
  | { state: 'busy' }

function words(refusal: Refusal): [status: number, text: string] {
  switch (refusal.state) {
    case 'none':
      return [404, 'No lease here answers to this host.']
    case 'starting':
      return [503, `The workload is starting${refusal.reason === undefined ? '' : `: ${refusal.reason}`}.`]
    case 'busy':
      return [503, 'The workload has as many connections as it may have.']
    case 'misdirected':
      return [421, 'This connection is for another host.']
    case 'failed':
      return [502, `The workload does not answer: ${refusal.reason}.`]
  }
}

/** Tells a visitor why there is no workload's answer. */
export function answer(response: ServerResponse, refusal: Refusal): void {
  const [status, sentence] = words(refusal)
  const text = Buffer.from(`${sentence}\n`)
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': text.length,
    ...(status === 503 && { 'retry-after': '1' }),
  })
  response.end(text)
}

/** The end of a request whose workload failed: told, unless its answer had begun. */
export function fail(response: ServerResponse, busy = false): void {
  if (response.headersSent) response.destroy()
  else answer(response, busy ? { state: 'busy' } : { state: 'failed', reason: 'it gave no answer' })
}
