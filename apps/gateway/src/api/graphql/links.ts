import type { Job, Lease, Match, Order, Provider } from '@tender/api'
import { jobSchema, leaseSchema, orderSchema, providerSchema } from '@tender/api'
import {
  type GraphQLFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  getNullableType,
} from 'graphql'
import type { Hex } from 'viem'
import type { ApiContext } from '../handler.ts'
import { findJobsById } from '../queries/jobs.ts'
import { findLeasesById } from '../queries/leases.ts'
import { findOrdersByHash } from '../queries/orders.ts'
import { findProvidersById } from '../queries/providers.ts'
import { createBatch } from './batch.ts'
import type { SchemaTypes } from './typesOfSchemas.ts'

/** What links of one request read, together. */
export type Loaders = {
  provider(id: string): Promise<Provider | null>
  lease(id: Hex): Promise<Lease | null>
  job(id: Hex): Promise<Job | null>
  order(hash: Hex): Promise<Order | null>
}

export function createLoaders({ store, network, now }: ApiContext): Loaders {
  return {
    provider: createBatch((ids: string[]) => store.read((db) => findProvidersById(db, ids, { now: now(), network }))),
    lease: createBatch((ids: Hex[]) => store.read((db) => findLeasesById(db, ids, now()))),
    job: createBatch((ids: Hex[]) => store.read((db) => findJobsById(db, ids))),
    order: createBatch((hashes: Hex[]) => store.read((db) => findOrdersByHash(db, hashes, now()))),
  }
}

/** Fields that lead from one thing to another, by the names of types. */
export function linksOf(typeName: string, types: SchemaTypes): GraphQLFieldConfigMap<unknown, unknown> {
  const provider = getNullableType(types.output(providerSchema, 'Provider'))
  const lease = getNullableType(types.output(leaseSchema, 'Lease'))
  const job = getNullableType(types.output(jobSchema, 'Job'))
  const order = getNullableType(types.output(orderSchema, 'Order'))
  switch (typeName) {
    case 'Lease':
    case 'LeaseDetail':
      return {
        providerInfo: link<Lease>(provider, (one, load) => load.provider(one.provider)),
        orderInfo: link<Lease>(order, (one, load) => load.order(one.order)),
        jobInfo: link<Lease>(job, async (one, load) => (one.job === null ? null : load.job(one.id))),
      }
    case 'Job':
    case 'JobDetail':
      return {
        providerInfo: link<Job>(provider, (one, load) => load.provider(one.provider)),
        leaseInfo: link<Job>(lease, (one, load) => load.lease(one.lease)),
        orderInfo: link<Job>(order, (one, load) => load.order(one.order)),
      }
    case 'Match':
      return {
        providerInfo: link<Match>(provider, (one, load) => load.provider(one.provider)),
        leaseInfo: link<Match>(lease, (one, load) => load.lease(one.lease)),
      }
    case 'Order':
      return {
        leaseInfos: link<Order>(new GraphQLNonNull(new GraphQLList(lease)), (one, load) =>
          Promise.all(one.leases.map(load.lease)),
        ),
      }
    default:
      return {}
  }
}

function link<Source>(type: GraphQLOutputType, resolve: (source: Source, load: Loaders) => Promise<unknown>) {
  return {
    type,
    description: 'What the id beside it names',
    // CAST: graphql hands over the object of the type that the field stands in, and the request's context
    resolve: (source: unknown, _args: unknown, context: unknown) =>
      resolve(source as Source, (context as { load: Loaders }).load),
  }
}
