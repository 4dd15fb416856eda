import { isRetryable, TimedOutError, UnreachableError } from '@tender/protocol'
import { type ApiClientOptions, chunksOf } from './answers.ts'
import { ApiError } from './apiError.ts'
import { problemSchema } from './problem.ts'
import { type LiveEvent, liveEventSchema, type Topic } from './schemas/event.ts'

/** The gateway sends something at least every 15 seconds; so long a silence means that the connection is dead. */
const SILENCE_MS = 45_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** Longest event that is read. */
const MAX_EVENT_CHARS = 1024 * 1024

export type EventsParameters = {
  /** @default all */
  topics?: readonly Topic[] | undefined
  /** Only orders, matches, leases and jobs of this tenant. */
  tenant?: string | undefined
  /** Only matches, leases and jobs of this provider, and itself. */
  provider?: string | undefined
  /** Goes on after this event. @default from now on */
  lastEventId?: string | undefined
  /** Ends the stream without an error. */
  signal?: AbortSignal | undefined
  /** Told whenever the stream is open, and whenever it is lost and will be opened again. */
  onState?: ((state: 'open' | 'lost') => void) | undefined
}

/** Live updates until the signal ends them; reconnects where that may help. @throws {ApiError} where it does not */
export async function* streamEvents(
  options: ApiClientOptions,
  parameters: EventsParameters,
): AsyncGenerator<LiveEvent, void, void> {
  const { signal, onState } = parameters
  let { lastEventId } = parameters
  let failures = 0
  while (!signal?.aborted) {
    try {
      for await (const event of connect(options, { ...parameters, lastEventId })) {
        failures = 0
        lastEventId = event.id
        yield event
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!isRetryable(error)) throw error
    }
    if (signal?.aborted) return
    onState?.('lost')
    await wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2), signal)
  }
}

async function* connect(
  { baseUrl, token, fetch = globalThis.fetch }: ApiClientOptions,
  { topics, tenant, provider, lastEventId, signal, onState }: EventsParameters,
): AsyncGenerator<LiveEvent, void, void> {
  const query = new URLSearchParams({
    ...(topics && { topics: topics.join(',') }),
    ...(tenant !== undefined && { tenant }),
    ...(provider !== undefined && { provider }),
  })
  const silence = createWatch(SILENCE_MS)
  try {
    const response = await fetch(`${baseUrl}/v1/events?${query}`, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    })
    if (!response.ok || !response.body) throw await refusal(response)
    onState?.('open')
    const parser = createEventParser()
    const decoder = new TextDecoder()
    for await (const chunk of chunksOf(response.body)) {
      silence.reset()
      for (const text of parser(decoder.decode(chunk, { stream: true }))) {
        const event = liveEventSchema.safeParse(JSON.parse(text))
        // A gateway of a later version may tell more: what is not known here is nothing to stop for.
        if (event.success) yield event.data
      }
    }
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error
    if (silence.signal.aborted) throw new TimedOutError('the gateway', { limitMs: SILENCE_MS, cause: error })
    throw new UnreachableError('the stream of live updates broke', { code: 'gatewayUnreachable', cause: error })
  } finally {
    silence.stop()
  }
}

async function refusal(response: Response): Promise<Error> {
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined))
  if (problem.success) return new ApiError(problem.data)
  return new UnreachableError(`the gateway answered with status ${response.status}`)
}

/** Splits a stream of text into the data of its events, as HTML's standard says; only `data` matters here. */
export function createEventParser(): (text: string) => string[] {
  let [rest, data] = ['', '']
  /** Whether the text so far ends with half of a break, which `rest` does not hold. */
  let isHalf = false
  return (text) => {
    const events: string[] = []
    // The rest is only added to, never looked at again: a long line in small pieces would be gone over once for each.
    const lines = `${isHalf ? '\r' : ''}${text}`.split(/\r\n|\n|\r(?!$)/)
    const last = lines.pop() ?? ''
    isHalf = last.endsWith('\r')
    lines.push(isHalf ? last.slice(0, -1) : last)
    lines[0] = rest + (lines[0] ?? '')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data !== '') events.push(data.slice(0, -1))
        data = ''
      } else if (line.startsWith('data:')) data += `${line.slice(line.startsWith('data: ') ? 6 : 5)}\n`
    }
    if (rest.length + data.length > MAX_EVENT_CHARS) throw new UnreachableError('an event is too long')
    return events
  }
}

function createWatch(limitMs: number): { signal: AbortSignal; reset(): void; stop(): void } {
  const controller = new AbortController()
  const start = () => setTimeout(() => controller.abort(), limitMs)
  let timer = start()
  return {
    signal: controller.signal,
    reset() {
      clearTimeout(timer)
      timer = start()
    },
    stop: () => clearTimeout(timer),
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const [timer, wake] = [setTimeout(resolve, ms), () => resolve()]
  signal?.addEventListener('abort', wake)
  return promise.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', wake)
  })
}
