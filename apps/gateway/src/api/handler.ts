import type { Output, RouteName, Routes } from '@tender/api'
import type { Context } from 'hono'
import type { z } from 'zod'
import type { ApiOptions } from './apiOptions.ts'
import type { Caller } from './auth/caller.ts'
import type { Origins } from './auth/origins.ts'
import type { EraProofs } from './eraProofs.ts'
import type { MarketInfo } from './marketInfo.ts'

/** What handlers work with. */
export type ApiContext = ApiOptions & {
  readonly market: MarketInfo
  readonly origins: Origins
  readonly proofs: EraProofs
}

type Parsed<R, Name extends string> =
  R extends Record<Name, infer Schema extends z.ZodType> ? z.output<Schema> : undefined

/** A request that was checked. */
export type Asked<Name extends RouteName> = {
  params: Parsed<Routes[Name], 'params'>
  query: Parsed<Routes[Name], 'query'>
  body: Parsed<Routes[Name], 'body'>
  /** Who asks, if anybody said so. */
  caller: Caller | undefined
  /** The client's address. */
  address: string
  /** Ends with the request. */
  signal: AbortSignal
  /** The request and headers of its answer. */
  http: Context
}

/** Answers one route: with what its schema says, or with a response of its own. */
export type Handler<Name extends RouteName> = (
  asked: Asked<Name>,
  context: ApiContext,
) => Promise<Output<Name> | Response>
