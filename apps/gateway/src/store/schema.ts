// The tables of a gateway's database, the same on PGlite and PostgreSQL. All but `orders`, `contacts`, `leaves`, `providerEras` and what
// people keep are written by the indexer alone.
export * from './tables/chain.ts'
export * from './tables/eras.ts'
export * from './tables/jobs.ts'
export * from './tables/leases.ts'
export * from './tables/money.ts'
export * from './tables/private.ts'
export * from './tables/providers.ts'
