import { type Route, type RouteName, routes } from '@tender/api'
import { InvalidInputError } from '@tender/protocol'
import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql'
import type { Context } from 'hono'
import { z } from 'zod'
import type { Asked, Handler } from '../handler.ts'
import { handlers } from '../handlers.ts'
import { issuesOf } from '../problems.ts'
import type { Serving } from '../serveRoute.ts'
import { type Loaders, linksOf } from './links.ts'
import { createSchemaTypes, type SchemaTypes } from './typesOfSchemas.ts'

/** What resolvers of one request have. */
export type GraphqlContext = { serving: Serving; load: Loaders; http: Context; address: string }

/** Everything that may be asked by GraphQL: the same handlers as behind REST. */
const rootFields = {
  getMarket: 'market',
  listClasses: 'classes',
  getClass: 'class',
  getPrices: 'prices',
  getDepth: 'depth',
  listMatches: 'matches',
  listOrders: 'orders',
  getOrder: 'order',
  listLeases: 'leases',
  getLease: 'lease',
  listJobs: 'jobs',
  getJob: 'job',
  listProviders: 'providers',
  getProvider: 'provider',
  listProviderEras: 'providerEras',
  getEarnings: 'earnings',
  listEras: 'eras',
  getEra: 'era',
  listMonitors: 'monitors',
  getAccount: 'account',
  listMovements: 'movements',
  getTransaction: 'transaction',
} as const satisfies Partial<Record<RouteName, string>>
type RootRoute = keyof typeof rootFields

const PageInfo = new GraphQLObjectType({
  name: 'PageInfo',
  description: 'Where a page of a connection ends',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    endCursor: { type: GraphQLString, description: '`after` of the next page' },
  },
})

/** The GraphQL schema: types, arguments and descriptions are those of the REST schemas. */
export function createSchema(): GraphQLSchema {
  const types: SchemaTypes = createSchemaTypes((name) => linksOf(name, types))
  // CAST: an object's keys are its type's
  const names = Object.keys(rootFields) as RootRoute[]
  const fields = Object.fromEntries(names.map((name) => [rootFields[name], fieldOf(name, types)]))
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) })
}

function fieldOf(name: RootRoute, types: SchemaTypes): GraphQLFieldConfig<unknown, GraphqlContext> {
  const route: Route = routes[name]
  const field = rootFields[name]
  const query = route.query && withoutPaging(route.query)
  const args = { ...types.args(route.params, field), ...types.args(query, field) }
  const item = itemOf(route.response)
  if (!item || !route.query) {
    const type = types.output(route.response, field)
    return { type, args, description: route.summary, resolve: (_, given, context) => ask(name, given, context) }
  }
  const paging = {
    first: { type: GraphQLInt, description: 'Items of the page, 1 to 100; 50 unless told' },
    after: { type: GraphQLString, description: '`endCursor` of the page before' },
  }
  return {
    type: new GraphQLNonNull(connectionOf(types.output(item, field))),
    args: { ...args, ...paging },
    description: route.summary,
    async resolve(_, { first, after, ...given }, context) {
      const page = await ask(name, { ...given, limit: first, cursor: after }, context)
      const { items, next } = pageSchema.parse(page)
      return { nodes: items, pageInfo: { hasNextPage: next !== null, endCursor: next } }
    },
  }
}

const pageSchema = z.object({ items: z.array(z.unknown()), next: z.string().nullable() })

function connectionOf(node: GraphQLOutputType): GraphQLObjectType {
  const name = String(node).replaceAll('!', '')
  return new GraphQLObjectType({
    name: `${name}Connection`,
    description: 'One page of a list',
    fields: {
      nodes: { type: new GraphQLNonNull(new GraphQLList(node)) },
      pageInfo: { type: new GraphQLNonNull(PageInfo) },
    },
  })
}

/** What a list's pages are made of; undefined for what is no such list. */
function itemOf(response: z.ZodType): z.ZodType | undefined {
  if (!(response instanceof z.ZodObject)) return undefined
  const { items, next } = response.shape
  // CAST: an array's element is a schema of zod
  return next && items instanceof z.ZodArray ? (items.element as z.ZodType) : undefined
}

function withoutPaging(query: z.ZodObject): z.ZodObject {
  const { cursor: _, limit: __, format: ___, ...rest } = query.shape
  return z.strictObject(rest)
}

/** Asks the route's handler, with the arguments checked as REST checks path and query. */
async function ask(name: RootRoute, given: Record<string, unknown>, context: GraphqlContext): Promise<unknown> {
  const { serving, http, address } = context
  const route: Route = routes[name]
  const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null))
  const pick = (schema: z.ZodObject | undefined) =>
    Object.fromEntries(Object.entries(told).filter(([key]) => schema && key in schema.shape))
  const input = { params: check(route.params, pick(route.params)), query: check(route.query, pick(route.query)) }
  const { signal } = http.req.raw
  // CAST: checked by this route's own schemas
  const asked = { ...input, body: undefined, caller: undefined, address, signal, http } as Asked<RootRoute>
  // CAST: the table has the handler of this name, which takes what this name asks
  return (handlers[name] as Handler<RootRoute>)(asked, serving)
}

function check(schema: z.ZodObject | undefined, value: unknown): unknown {
  if (!schema) return undefined
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = issuesOf(parsed.error, 'args').map(({ path, message }) => ({
    path: path.replace(/\.limit$/, '.first').replace(/\.cursor$/, '.after'),
    message,
  }))
  throw new InvalidInputError('the arguments are wrong', issues)
}
