import type { z } from 'zod'
import { z as zod } from 'zod'
import { problemSchema } from './problem.ts'
import * as account from './schemas/account.ts'
import * as auth from './schemas/auth.ts'
import * as common from './schemas/common.ts'
import * as era from './schemas/era.ts'
import * as event from './schemas/event.ts'
import * as job from './schemas/job.ts'
import * as lease from './schemas/lease.ts'
import * as market from './schemas/market.ts'
import * as order from './schemas/order.ts'
import * as provider from './schemas/provider.ts'
import * as resourceClass from './schemas/resourceClass.ts'

/**
 * Who may ask. `public`: anyone. A scope: whoever is signed in, or holds a token with it. `session`: only who is signed in with a
 * cookie; tokens make no tokens.
 */
export type Access = 'public' | 'session' | auth.Scope

/** One route of the gateway: what it takes, what it answers and who may ask. */
export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `{name}` for each of `params`. */
  path: string
  /** One line. */
  summary: string
  tag: 'market' | 'orders' | 'leases' | 'jobs' | 'providers' | 'eras' | 'accounts' | 'live' | 'sign-in' | 'me'
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodObject
  /** Of status 200. */
  response: z.ZodType
}

const route = <const R extends Route>(told: R): R => told
const byHash = zod.strictObject({ hash: common.hashParam })
const byProvider = zod.strictObject({ id: common.idParam })
const byClass = zod.strictObject({ name: common.classParam })

/** Every route that speaks JSON. Server, client, OpenAPI description and tests are made of this table. */
export const routes = {
  getMarket: route({
    method: 'GET',
    path: '/v1/market',
    summary: 'Where the market is and how far the gateway knows it',
    tag: 'market',
    access: 'public',
    response: market.marketSchema,
  }),
  listEmbeddedAccounts: route({
    method: 'GET',
    path: '/v1/embedded/accounts',
    summary: 'The ready-made accounts of an embedded market; other gateways have none',
    tag: 'market',
    access: 'public',
    response: market.embeddedAccountsSchema,
  }),
  listClasses: route({
    method: 'GET',
    path: '/v1/classes',
    summary: 'All resource classes with capacity and prices',
    tag: 'market',
    access: 'public',
    response: resourceClass.resourceClassesSchema,
  }),
  getClass: route({
    method: 'GET',
    path: '/v1/classes/{name}',
    summary: 'A resource class with capacity and prices',
    tag: 'market',
    access: 'public',
    params: byClass,
    response: resourceClass.resourceClassSchema,
  }),
  getPrices: route({
    method: 'GET',
    path: '/v1/classes/{name}/prices',
    summary: 'Price history of a class from actual matches',
    tag: 'market',
    access: 'public',
    params: byClass,
    query: resourceClass.candlesQuery,
    response: resourceClass.candlesSchema,
  }),
  getDepth: route({
    method: 'GET',
    path: '/v1/classes/{name}/depth',
    summary: 'Open orders and free capacity of a class, by price',
    tag: 'market',
    access: 'public',
    params: byClass,
    query: resourceClass.depthQuery,
    response: resourceClass.depthSchema,
  }),
  listMatches: route({
    method: 'GET',
    path: '/v1/matches',
    summary: 'Leases as they were opened, the newest first',
    tag: 'market',
    access: 'public',
    query: lease.matchesQuery,
    response: common
      .pageOf(resourceClass.matchSchema)
      .meta({ id: 'MatchPage', description: 'Matches, the newest first' }),
  }),
  listOrders: route({
    method: 'GET',
    path: '/v1/orders',
    summary: 'Signed orders and what became of them, the newest first',
    tag: 'orders',
    access: 'public',
    query: order.ordersQuery,
    response: order.ordersSchema,
  }),
  getOrder: route({
    method: 'GET',
    path: '/v1/orders/{hash}',
    summary: 'An order by its digest',
    tag: 'orders',
    access: 'public',
    params: byHash,
    response: order.orderSchema,
  }),
  publishOrder: route({
    method: 'POST',
    path: '/v1/orders',
    summary: 'Checks a signed order as every peer does, and passes it on',
    tag: 'orders',
    access: 'public',
    body: order.orderBodySchema,
    response: order.publishedOrderSchema,
  }),
  listLeases: route({
    method: 'GET',
    path: '/v1/leases',
    summary: 'Leases, the newest first',
    tag: 'leases',
    access: 'public',
    query: lease.leasesQuery,
    response: lease.leasesSchema,
  }),
  getLease: route({
    method: 'GET',
    path: '/v1/leases/{id}',
    summary: 'A lease with everything that happened to it',
    tag: 'leases',
    access: 'public',
    params: zod.strictObject({ id: common.hashParam }),
    response: lease.leaseDetailSchema,
  }),
  listJobs: route({
    method: 'GET',
    path: '/v1/jobs',
    summary: 'Jobs, the newest first',
    tag: 'jobs',
    access: 'public',
    query: job.jobsQuery,
    response: job.jobsSchema,
  }),
  getJob: route({
    method: 'GET',
    path: '/v1/jobs/{id}',
    summary: 'A job with everything that happened to it, by its lease',
    tag: 'jobs',
    access: 'public',
    params: zod.strictObject({ id: common.hashParam }),
    response: job.jobDetailSchema,
  }),
  listProviders: route({
    method: 'GET',
    path: '/v1/providers',
    summary: 'Providers, by rising number',
    tag: 'providers',
    access: 'public',
    query: provider.providersQuery,
    response: provider.providersSchema,
  }),
  getProvider: route({
    method: 'GET',
    path: '/v1/providers/{id}',
    summary: 'A provider with its incidents',
    tag: 'providers',
    access: 'public',
    params: byProvider,
    response: provider.providerDetailSchema,
  }),
  listProviderEras: route({
    method: 'GET',
    path: '/v1/providers/{id}/history',
    summary: 'What reports said of a provider, era by era',
    tag: 'providers',
    access: 'public',
    params: byProvider,
    query: provider.pageOnlyQuery,
    response: provider.providerErasSchema,
  }),
  getEarnings: route({
    method: 'GET',
    path: '/v1/providers/{id}/earnings',
    summary: 'What a provider was paid over time',
    tag: 'providers',
    access: 'public',
    params: byProvider,
    query: provider.earningsQuery,
    response: provider.earningsSchema,
  }),
  listEras: route({
    method: 'GET',
    path: '/v1/eras',
    summary: "Eras' reports, the newest first",
    tag: 'eras',
    access: 'public',
    query: provider.pageOnlyQuery,
    response: era.erasSchema,
  }),
  getEra: route({
    method: 'GET',
    path: '/v1/eras/{era}',
    summary: "An era's latest report",
    tag: 'eras',
    access: 'public',
    params: zod.strictObject({ era: common.eraParam }),
    response: era.eraSchema,
  }),
  listLeaves: route({
    method: 'GET',
    path: '/v1/eras/{era}/leaves',
    summary: "The leaves of an era's report, in the order of its tree",
    tag: 'eras',
    access: 'public',
    params: zod.strictObject({ era: common.eraParam }),
    query: provider.pageOnlyQuery,
    response: era.leavesSchema,
  }),
  getLeaseProof: route({
    method: 'GET',
    path: '/v1/eras/{era}/leases/{id}/proof',
    summary: 'What a report says of a lease, and the proof',
    tag: 'eras',
    access: 'public',
    params: zod.strictObject({ era: common.eraParam, id: common.hashParam }),
    response: era.leaseProofSchema,
  }),
  getProviderProof: route({
    method: 'GET',
    path: '/v1/eras/{era}/providers/{id}/proof',
    summary: 'What a report says of a provider, and the proof',
    tag: 'eras',
    access: 'public',
    params: zod.strictObject({ era: common.eraParam, id: common.idParam }),
    response: era.providerProofSchema,
  }),
  listMonitors: route({
    method: 'GET',
    path: '/v1/monitors',
    summary: 'All monitors by index',
    tag: 'eras',
    access: 'public',
    response: era.monitorsSchema,
  }),
  getAccount: route({
    method: 'GET',
    path: '/v1/accounts/{address}',
    summary: 'What the market holds for an account',
    tag: 'accounts',
    access: 'public',
    params: zod.strictObject({ address: common.addressParam }),
    response: account.accountDetailSchema,
  }),
  listMovements: route({
    method: 'GET',
    path: '/v1/accounts/{address}/history',
    summary: "Every movement of an account's money and stake, the newest first",
    tag: 'accounts',
    access: 'public',
    params: zod.strictObject({ address: common.addressParam }),
    query: account.movementsQuery,
    response: account.movementsSchema,
  }),
  getTransaction: route({
    method: 'GET',
    path: '/v1/transactions/{hash}',
    summary: 'What one transaction did in this market',
    tag: 'accounts',
    access: 'public',
    params: byHash,
    response: account.transactionSchema,
  }),
  getNonce: route({
    method: 'GET',
    path: '/v1/auth/nonce',
    summary: 'A nonce for one sign-in, and what the message must hold',
    tag: 'sign-in',
    access: 'public',
    response: auth.nonceSchema,
  }),
  signIn: route({
    method: 'POST',
    path: '/v1/auth/sign-in',
    summary: 'Signs in with Ethereum (EIP-4361): sets the session cookie',
    tag: 'sign-in',
    access: 'public',
    body: auth.signInBody,
    response: auth.sessionSchema,
  }),
  signOut: route({
    method: 'POST',
    path: '/v1/auth/sign-out',
    summary: 'Ends the session and takes back its cookie',
    tag: 'sign-in',
    access: 'public',
    response: auth.doneSchema,
  }),
  getSession: route({
    method: 'GET',
    path: '/v1/auth/session',
    summary: 'Who is asking',
    tag: 'sign-in',
    access: 'read:me',
    response: auth.sessionSchema,
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/auth/tokens',
    summary: "The account's tokens, without their secrets",
    tag: 'sign-in',
    access: 'session',
    response: auth.tokensSchema,
  }),
  createToken: route({
    method: 'POST',
    path: '/v1/auth/tokens',
    summary: 'Makes a scoped token; its secret is shown this once',
    tag: 'sign-in',
    access: 'session',
    body: auth.newTokenBody,
    response: auth.createdTokenSchema,
  }),
  revokeToken: route({
    method: 'DELETE',
    path: '/v1/auth/tokens/{id}',
    summary: 'Revokes a token at once',
    tag: 'sign-in',
    access: 'session',
    params: zod.strictObject({ id: auth.tokenIdParam }),
    response: auth.doneSchema,
  }),
  listDrafts: route({
    method: 'GET',
    path: '/v1/me/drafts',
    summary: 'Compose files that the account keeps here, the latest changed first',
    tag: 'me',
    access: 'read:me',
    query: provider.pageOnlyQuery,
    response: auth.draftsSchema,
  }),
  createDraft: route({
    method: 'POST',
    path: '/v1/me/drafts',
    summary: 'Keeps a Compose file',
    tag: 'me',
    access: 'write:me',
    body: auth.draftBody,
    response: auth.draftSchema,
  }),
  getDraft: route({
    method: 'GET',
    path: '/v1/me/drafts/{id}',
    summary: 'A Compose file that the account keeps here',
    tag: 'me',
    access: 'read:me',
    params: zod.strictObject({ id: auth.draftIdParam }),
    response: auth.draftSchema,
  }),
  updateDraft: route({
    method: 'PUT',
    path: '/v1/me/drafts/{id}',
    summary: 'Replaces a draft',
    tag: 'me',
    access: 'write:me',
    params: zod.strictObject({ id: auth.draftIdParam }),
    body: auth.draftBody,
    response: auth.draftSchema,
  }),
  deleteDraft: route({
    method: 'DELETE',
    path: '/v1/me/drafts/{id}',
    summary: 'Forgets a draft',
    tag: 'me',
    access: 'write:me',
    params: zod.strictObject({ id: auth.draftIdParam }),
    response: auth.doneSchema,
  }),
}

export type Routes = typeof routes
export type RouteName = keyof Routes

/** The stream of live updates; it speaks `text/event-stream`, each event's data is a {@link event.LiveEvent} as JSON. */
export const eventsRoute = route({
  method: 'GET',
  path: '/v1/events',
  summary: 'Live updates as server-sent events; resumable by Last-Event-ID',
  tag: 'live',
  access: 'public',
  query: event.eventsQuery,
  response: event.liveEventSchema,
})

/** What every route may answer instead. */
export const failureSchema = problemSchema
