import { InvalidInputError, TenderError, TimedOutError, UnreachableError } from '@tender/protocol'
import type { z } from 'zod'
import { type ApiClientOptions, chunksOf } from './answers.ts'
import { ApiError } from './apiError.ts'
import { type EventsParameters, streamEvents } from './eventStream.ts'
import { problemSchema } from './problem.ts'
import { type Route, type RouteName, type Routes, routes } from './routes.ts'
import type { LiveEvent } from './schemas/event.ts'

/** Longest answer that is read. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export type CallOptions = { signal?: AbortSignal | undefined }

type Fields<Schema> = Schema extends z.ZodType ? z.input<Schema> : unknown
type Part<R, Name extends string> = R extends Record<Name, infer Schema> ? Fields<Schema> : unknown

/** What a route takes: path, query and body in one object. */
export type Input<Name extends RouteName> = Part<Routes[Name], 'params'> &
  Part<Routes[Name], 'query'> &
  Part<Routes[Name], 'body'>

/** What a route answers, parsed: amounts are bigints. */
export type Output<Name extends RouteName> = z.output<Routes[Name]['response']>

type Call<Name extends RouteName> =
  Record<never, never> extends Input<Name>
    ? (input?: Input<Name>, options?: CallOptions) => Promise<Output<Name>>
    : (input: Input<Name>, options?: CallOptions) => Promise<Output<Name>>

/** One method for each route, see {@link routes}, and the live updates. */
export type ApiClient = { readonly [Name in RouteName]: Call<Name> } & {
  /** Live updates, for ever: it reconnects by itself and goes on after the last one seen. */
  events(parameters?: EventsParameters): AsyncGenerator<LiveEvent, void, void>
}

/**
 * A client of a gateway. It runs in browsers and in Node. Every answer is parsed by the schema that the gateway is described by.
 *
 * Methods throw {@link ApiError} for problems that the gateway tells, {@link UnreachableError} or {@link TimedOutError} where it does
 * not answer, `badAnswer` for an answer that is no such resource, and the signal's own reason.
 *
 * @example
 * const api = createApiClient({ baseUrl: 'http://127.0.0.1:8080' })
 * const { indexed } = await api.getMarket()
 * const { items, next } = await api.listLeases({ tenant, state: 'running', limit: 20 })
 * for await (const lease of eachItem(api.listLeases, { tenant })) console.log(lease.id, lease.paid)
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const calls = Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [
      name,
      (input: Record<string, unknown> = {}, call: CallOptions = {}) => ask(options, route, input, call),
    ]),
  )
  // CAST: one call for each route of the table, parsed by the route's own schema
  return { ...calls, events: (parameters = {}) => streamEvents(options, parameters) } as ApiClient
}

/**
 * All items of a list, page after page, as they are asked for.
 *
 * @example
 * for await (const match of eachItem(api.listMatches, { class: 'cu' }, { signal })) prices.push(match.price)
 */
export async function* eachItem<Query extends object, Item>(
  list: (query: Query, options?: CallOptions) => Promise<{ items: Item[]; next: string | null }>,
  query: Query,
  options: CallOptions = {},
): AsyncGenerator<Item, void, void> {
  let cursor: string | null = null
  do {
    const page: { items: Item[]; next: string | null } = await list(cursor ? { ...query, cursor } : query, options)
    yield* page.items
    cursor = page.next
  } while (cursor !== null)
}

async function ask(
  { baseUrl, token, fetch = globalThis.fetch, timeoutMs = 20_000 }: ApiClientOptions,
  route: Route,
  input: Record<string, unknown>,
  { signal }: CallOptions,
): Promise<unknown> {
  const { url, body } = requestOf(route, input)
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(`${baseUrl}${url}`, {
      method: route.method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    const text = await readText(response)
    return response.ok ? parsed(route, text) : refuse(response.status, text)
  } catch (error) {
    signal?.throwIfAborted()
    if (timeout.aborted) throw new TimedOutError('the gateway', { limitMs: timeoutMs, cause: error })
    if (error instanceof TenderError) throw error
    throw new UnreachableError('the gateway does not answer', { code: 'gatewayUnreachable', cause: error })
  }
}

/** Path, query and body of a call: what the path names goes there, the rest is query or body by the route. */
function requestOf(route: Route, input: Record<string, unknown>): { url: string; body: string | undefined } {
  const rest = { ...input }
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name]
    if (value === undefined) throw new InvalidInputError('the call is wrong', [{ path: name, message: 'is missing' }])
    delete rest[name]
    return encodeURIComponent(String(value))
  })
  if (route.body) return { url: path, body: JSON.stringify(rest, plainBigint) }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value))
  const text = query.toString()
  return { url: text ? `${path}?${text}` : path, body: undefined }
}

/** Big integers as JSON has them here. */
export function plainBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  for await (const chunk of chunksOf(response.body)) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw badAnswer('is too long')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parsed({ path, response }: Route, text: string): unknown {
  const answer = response.safeParse(json(text))
  if (answer.success) return answer.data
  const [issue] = answer.error.issues
  throw badAnswer(`is no answer of ${path}: ${issue?.path.join('.')} ${issue?.message}`, answer.error)
}

function refuse(status: number, text: string): never {
  const problem = problemSchema.safeParse(json(text))
  if (problem.success) throw new ApiError(problem.data)
  throw badAnswer(`has status ${status} and is no problem of a gateway`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badAnswer('is no JSON', error)
  }
}

function badAnswer(what: string, cause?: unknown): TenderError {
  const hint = 'The gateway is of another version, or something stands before it.'
  return new TenderError(`the gateway's answer ${what}`, { code: 'badAnswer', class: 'network', hint, cause })
}
