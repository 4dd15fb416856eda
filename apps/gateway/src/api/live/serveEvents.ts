import { eventsRoute } from '@tender/api'
import { InvalidInputError } from '@tender/protocol'
import type { Context } from 'hono'
import { identify } from '../auth/caller.ts'
import { clientAddress } from '../clientAddress.ts'
import { readInput } from '../readInput.ts'
import type { Serving } from '../serveRoute.ts'
import type { LiveHub } from './liveHub.ts'
import type { Told } from './tellChanges.ts'

/** What waits for a slow reader; who is slower is cut off and comes back with the last event it saw. */
const MAX_BUFFERED_CHARS = 1024 * 1024
/** How long a browser waits before it comes back, ms. */
const RETRY_MS = 1_000

/** Answers with the stream of live updates. */
export async function serveEvents(http: Context, serving: Serving & { hub: LiveHub }): Promise<Response> {
  const { store, origins, limits, trusted, hub } = serving
  const address = clientAddress(http, trusted)
  const caller = await identify(http, store, origins)
  await limits.take(caller ? 'account' : 'address', caller ? caller.address : address)
  const { query } = await readInput(eventsRoute, http)
  const wants = filterOf(eventsRoute.query.parse(query ?? {}))
  const after = lastEventId(http)
  const stream = openStream(hub, { address, wants, after })
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}

type Query = { topics?: string | undefined; tenant?: string | undefined; provider?: string | undefined }

/** What concerns nobody in particular is everybody's: blocks, eras and resets. */
export function filterOf({ topics, tenant, provider }: Query): (told: Told) => boolean {
  const wanted = topics === undefined ? undefined : new Set(topics.split(','))
  return (told) => {
    if (told.topic === 'reset') return true
    if (wanted && !wanted.has(told.topic)) return false
    if (tenant !== undefined && told.tenant !== null && told.tenant !== tenant) return false
    if (tenant !== undefined && told.tenant === null && told.topic === 'provider') return false
    return provider === undefined || told.provider === null || told.provider === provider
  }
}

function lastEventId(http: Context): number | undefined {
  const text = http.req.header('last-event-id')
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const issue = { path: 'header.Last-Event-ID', message: 'is not the id of an event of this gateway' }
  throw new InvalidInputError('the request is wrong', [issue])
}

/** First what was missed, then what comes; nothing twice, since live updates wait until then. */
function openStream(
  hub: LiveHub,
  { address, wants, after }: { address: string; wants: (told: Told) => boolean; after: number | undefined },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let stop = () => {}
  let ended = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let last = after ?? 0
        let held: Told[] | undefined = after === undefined ? undefined : []
        const write = (text: string) => {
          if (ended) return
          if ((controller.desiredSize ?? 0) < -MAX_BUFFERED_CHARS) return end()
          controller.enqueue(encoder.encode(text))
        }
        const end = () => {
          if (ended) return
          ended = true
          stop()
          controller.close()
        }
        const send = (told: Told) => {
          if (told.seq <= last) return
          last = told.seq
          write(told.text)
        }
        stop = hub.listen({
          address,
          wants,
          send: (told) => (typeof told === 'string' ? write(told) : held ? held.push(told) : send(told)),
        })
        write(`retry: ${RETRY_MS}\n\n`)
        if (after === undefined) return
        hub.missed(after, wants).then(
          (missed) => {
            last = missed.last
            if (missed.text !== '') write(missed.text)
            const waiting = held ?? []
            held = undefined
            waiting.forEach(send)
          },
          () => end(),
        )
      },
      cancel() {
        ended = true
        stop()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  )
}
