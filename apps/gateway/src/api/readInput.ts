import type { Route } from '@tender/api'
import { InvalidInputError, TenderError } from '@tender/protocol'
import type { Context } from 'hono'
import type { z } from 'zod'
import { issuesOf, tooLarge } from './problems.ts'

/** Largest body that is read: an order with its brief, or a draft. */
export const MAX_BODY_BYTES = 256 * 1024

/**
 * What a request asks, checked by its route's schemas; everything that is wrong with it at once.
 *
 * @throws {InvalidInputError} @throws {TenderError} `tooLarge`, `badContentType`
 */
export async function readInput(route: Route, http: Context) {
  const issues: { path: string; message: string }[] = []
  const check = (schema: z.ZodObject | undefined, value: unknown, place: string): unknown => {
    if (!schema) return undefined
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    issues.push(...issuesOf(parsed.error, place))
    return undefined
  }
  const params = check(route.params, http.req.param(), 'path')
  const query = check(route.query, readQuery(http, issues), 'query')
  const body = route.body && check(route.body, await readJson(http), 'body')
  if (issues.length > 0) throw new InvalidInputError('the request is wrong', issues)
  return { params, query, body }
}

/** The query by its names. One that stands twice is no clear question. */
export function readQuery(http: Context, issues: { path: string; message: string }[]): Record<string, string> {
  const { searchParams } = new URL(http.req.url)
  const seen = new Set<string>()
  for (const name of searchParams.keys()) {
    if (seen.has(name)) issues.push({ path: `query.${name.slice(0, 64)}`, message: 'is given twice' })
    seen.add(name)
  }
  return Object.fromEntries(searchParams)
}

/** A body of JSON. @throws {TenderError} `tooLarge`, `badContentType` @throws {InvalidInputError} */
export async function readJson(http: Context): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(http.req.header('content-type') ?? '')) {
    throw new TenderError('the body must be JSON', {
      code: 'badContentType',
      class: 'user',
      hint: 'Send it with Content-Type: application/json.',
    })
  }
  const text = await readText(http)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidInputError('the request is wrong', [{ path: 'body', message: 'is no JSON' }], { cause: error })
  }
}

async function readText(http: Context): Promise<string> {
  if (Number(http.req.header('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of http.req.raw.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
