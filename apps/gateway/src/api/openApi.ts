import { eventsRoute, failureSchema, type Route, routes } from '@tender/api'
import { z } from 'zod'

type Json = Record<string, unknown>

/**
 * The OpenAPI 3.1 description of all routes, made of the schemas that requests are checked by and answers are made to.
 *
 * @param serverUrl where the gateway is found
 */
export function createOpenApi(serverUrl: string): Json {
  const schemas: Json = {}
  const described = [...Object.entries(routes), ['listen', eventsRoute] as const]
  const paths: Record<string, Json> = {}
  for (const [name, route] of described) {
    const operation = { [route.method.toLowerCase()]: operationOf(name, route, schemas) }
    paths[route.path] = { ...paths[route.path], ...operation }
  }
  const problem = schemaOf(failureSchema, schemas, 'input')
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tender gateway',
      version: '1',
      description:
        'What a gateway of a Tender market says and takes. Amounts are decimal strings in the smallest unit, times Unix seconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas,
      responses: {
        Problem: { description: 'It failed', content: { 'application/problem+json': { schema: problem } } },
      },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'tender_session', description: 'From POST /v1/auth/sign-in' },
        token: { type: 'http', scheme: 'bearer', description: 'A scoped token from POST /v1/auth/tokens' },
      },
    },
  }
}

function operationOf(name: string, route: Route, schemas: Json): Json {
  const stream = route.path === eventsRoute.path
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.tag],
    ...securityOf(route),
    parameters: [
      ...parametersOf(route.params, 'path', schemas),
      ...parametersOf(route.query, 'query', schemas),
      ...(stream ? [lastEventId] : []),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(route.body, schemas, 'input') } },
      },
    }),
    responses: {
      200: {
        description: route.response.meta()?.description ?? 'It is done',
        content: {
          [stream ? 'text/event-stream' : 'application/json']: { schema: schemaOf(route.response, schemas, 'input') },
        },
      },
      ...(route.method === 'GET' && !stream && { 304: { description: 'Nothing changed since If-None-Match' } }),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'Goes on after this event',
  schema: { type: 'string', pattern: '^\\d{1,16}$' },
}

function securityOf({ access }: Route): Json {
  if (access === 'public') return {}
  if (access === 'session') return { security: [{ session: [] }] }
  return { security: [{ session: [] }, { token: [access] }] }
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query', schemas: Json): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = schemaOf(field, schemas, 'input')
    const required = place === 'path' || !z.safeParse(z.object({ [name]: field }), {}).success
    return { name, in: place, required, ...(description !== undefined && { description }), schema: rest }
  })
}

/** A schema as JSON Schema. What has a name of its own goes to the components. */
export function schemaOf(schema: z.ZodType, schemas: Json, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // On the wire a big integer is a decimal string.
      if (zodSchema._zod.def.type === 'bigint') Object.assign(jsonSchema, { type: 'string', pattern: '^\\d{1,78}$' })
    },
  })
  for (const [name, named] of Object.entries($defs)) schemas[name] = moved(named)
  // CAST: what was an object of JSON stays one
  return moved(rest) as Json
}

/** References to where components stand. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === '$ref' && typeof inner === 'string') return [key, inner.replace('#/$defs/', '#/components/schemas/')]
      return [key, moved(inner)]
    }),
  )
}
