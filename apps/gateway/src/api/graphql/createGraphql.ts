import { TenderError } from '@tender/protocol'
import { GraphQLError, parse } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Context } from 'hono'
import { identify } from '../auth/caller.ts'
import { clientAddress } from '../clientAddress.ts'
import { problemOf, tooLarge } from '../problems.ts'
import type { Serving } from '../serveRoute.ts'
import { createSchema, type GraphqlContext } from './createSchema.ts'
import { limitsRule, MAX_TOKENS } from './limitsRule.ts'
import { createLoaders } from './links.ts'

/** Largest query with its variables. */
const MAX_BYTES = 32 * 1024
/** A query may read much more than a REST route, see the limit of its cost. */
const POINTS = 5

/** Answers GraphQL over HTTP: queries only, one at a time, bounded in length, depth, aliases and cost before anything is read. */
export function createGraphql(serving: Serving): (http: Context) => Promise<Response> {
  const yoga = createYoga<GraphqlContext>({
    schema: createSchema(),
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    logging: false,
    maskedErrors: { maskError: (error) => maskError(error, serving) },
    plugins: [limits()],
  })
  return async (http) => {
    const { store, origins, limits: rates, trusted } = serving
    const address = clientAddress(http, trusted)
    const caller = await identify(http, store, origins)
    const left = await rates.take(caller ? 'account' : 'address', caller ? caller.address : address, POINTS)
    const context = { serving, load: createLoaders(serving), http, address }
    const answer = await yoga.fetch(await bounded(http.req.raw), context)
    answer.headers.set('cache-control', 'no-store')
    for (const [name, value] of Object.entries(left)) answer.headers.set(name, value)
    return new Response(await answer.text(), { status: answer.status, headers: answer.headers })
  }
}

function limits(): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source, options) => parse(source, { ...options, maxTokens: MAX_TOKENS })),
    onValidate: ({ addValidationRule }) => addValidationRule(limitsRule),
  }
}

/** A request whose body was read up to the limit. @throws {TenderError} `tooLarge` */
async function bounded(request: Request): Promise<Request> {
  if (request.url.length > MAX_BYTES) throw tooLarge(MAX_BYTES)
  if (request.method !== 'POST') return new Request(request.url, { headers: request.headers })
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BYTES) throw tooLarge(MAX_BYTES)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw tooLarge(MAX_BYTES)
    chunks.push(chunk)
  }
  return new Request(request.url, { method: 'POST', headers: request.headers, body: Buffer.concat(chunks) })
}

/** An error as REST tells it, in the place that GraphQL has for it. */
function maskError(error: unknown, { log }: Serving): Error {
  const cause = error instanceof GraphQLError ? error.originalError : error
  if (error instanceof GraphQLError && (!cause || cause instanceof GraphQLError)) return error
  const { detail, status: _, type: __, title: ___, requestId: ____, ...rest } = problemOf(cause, '')
  if (!(cause instanceof TenderError)) log.error({ error: cause }, 'a query failed')
  const at = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  return new GraphQLError(detail, { ...at, extensions: rest })
}
