export { type EmbeddedMarket, type EmbeddedMarketOptions, startEmbeddedMarket } from './embedded/startEmbeddedMarket.ts'
export { fetchWorkload, type WorkloadResponse } from './tenant/fetchWorkload.ts'
