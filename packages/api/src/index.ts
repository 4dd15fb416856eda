export type { ApiClientOptions } from './answers.ts'
export * from './apiError.ts'
export {
  type ApiClient,
  type CallOptions,
  createApiClient,
  eachItem,
  type Input,
  type Output,
  plainBigint,
} from './client.ts'
export type { EventsParameters } from './eventStream.ts'
export * from './problem.ts'
export * from './routes.ts'
export * from './schemas/account.ts'
export * from './schemas/auth.ts'
export * from './schemas/common.ts'
export * from './schemas/era.ts'
export * from './schemas/event.ts'
export * from './schemas/job.ts'
export * from './schemas/lease.ts'
export * from './schemas/market.ts'
export * from './schemas/order.ts'
export * from './schemas/provider.ts'
export * from './schemas/resourceClass.ts'
