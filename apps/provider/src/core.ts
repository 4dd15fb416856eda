import { join, resolve } from 'node:path'
import type { Driver } from '@tender/driver'
import { type Collection, type Lifecycle, type Logger, openStore } from '@tender/kit'
import {
  countryId,
  type ProviderView,
  providerStatuses,
  resourceName,
  TenderError,
  type Terms,
  tiers,
} from '@tender/protocol'
import {
  type ChainClock,
  createChainClock,
  createMarketClient,
  findProvider,
  getCapacity,
  getProvider,
  type MarketClient,
  type MarketCursor,
} from '@tender/sdk'
import type { Address, Hex, LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ProviderConfig } from './config.ts'
import { type JobParts, openJobs } from './jobs/openJobs.ts'
import { type Archives, openArchives } from './leases/archives.ts'
import { type Blobs, openBlobs } from './leases/blobs.ts'
import { chainLeases } from './leases/chainLeases.ts'
import { createEarnings, dayEarningsSchema, type Earnings } from './leases/earnings.ts'
import { createLeaseBook, type LeaseBook } from './leases/leaseBook.ts'
import { leaseRecordSchema } from './leases/leaseRecord.ts'
import { tidyBlobs } from './leases/tidyBlobs.ts'
import { createVolumeCheck } from './leases/volumes.ts'
import { cursorSchema } from './leases/watchLeases.ts'
import { type Answers, answerSchema, createAnswers } from './market/answers.ts'
import type { Capacity, Sales } from './market/sale.ts'
import { createProviderCounter, type ProviderCounter } from './metrics/providerCounter.ts'
import { type Standing, standingSchema } from './reports/standing.ts'

export type ProviderOptions = {
  config: ProviderConfig
  /** The operator key: account, signer of offers and peer in one. */
  privateKey: Hex
  /** What this host can run. */
  drivers: readonly Driver[]
  log: Logger
}

/** What every part of a provider stands on: who it is, what it remembers, what it asks the chain and its host. */
export type Core = ProviderOptions &
  JobParts & {
    id: bigint
    account: LocalAccount
    client: MarketClient
    /** Absolute. */
    stateDir: string
    leases: LeaseBook
    answers: Answers
    cursors: Collection<MarketCursor>
    blobs: Blobs
    archives: Archives
    earnings: Earnings
    standings: Collection<Standing>
    clock: ChainClock
    counter: ProviderCounter
    /** By resource class's short name. */
    sales: Sales
    driverFor(kind: string): Driver | undefined
    /** Whether the volumes of an earlier lease are here, and are this tenant's. */
    hasVolumesOf(leaseId: Hex, tenant: Address): Promise<boolean>
    /** What the registry says of this provider now. */
    self(): Promise<ProviderView>
    /** What this provider committed of a class. */
    capacity(resource: Hex): Promise<Capacity>
  }

/**
 * Opens what was kept and connects to the chain.
 *
 * @throws {TenderError} `notAnOperator`, `storeInUse`; {CorruptStateError} {WrongChainError} {RpcUnreachableError}
 */
export async function openCore(options: ProviderOptions, life: Lifecycle): Promise<Core> {
  const { config, privateKey, drivers } = options
  const stateDir = resolve(config.stateDir)
  const store = await life.start(
    'store',
    () => openStore({ file: join(stateDir, 'provider.db') }),
    (opened) => opened.close(),
  )
  const account = privateKeyToAccount(privateKey)
  const client = await createMarketClient({ rpcUrl: config.rpcUrl, book: config.book, account, signal: life.signal })
  const id = await providerIdOf(client, account)
  const live = store.collection('leases', leaseRecordSchema)
  const ended = store.collection('endedLeases', leaseRecordSchema)
  const clock = createChainClock()
  const counter = createProviderCounter()
  const answers = createAnswers(store.collection('answers', answerSchema))
  const earnings = createEarnings(store.collection('earnings', dayEarningsSchema))
  const { nowSeconds } = clock
  const earned = ({ asset }: Terms, amount: bigint) => {
    earnings.add(asset, amount, nowSeconds())
    counter.earned(asset, amount)
  }
  const leases = createLeaseBook({ live, ended, transaction: store.transaction }, chainLeases(client), earned)
  const { maxStoreBytes: maxBytes } = config.jobs
  const jobParts = await openJobs({ stateDir, store, client, maxBytes, earned, nowSeconds }, life)
  const blobs = await openBlobs(join(stateDir, 'blobs'))
  tidyBlobs(leases, blobs)
  return {
    ...options,
    ...jobParts,
    id,
    account,
    client,
    stateDir,
    leases,
    answers: {
      ...answers,
      put(order, answer) {
        answers.put(order, answer)
        counter.answered(answer)
      },
    },
    cursors: store.collection('cursors', cursorSchema),
    blobs,
    archives: await openArchives(join(stateDir, 'archives')),
    earnings,
    standings: store.collection('standings', standingSchema),
    clock,
    counter,
    sales: salesOf(config),
    driverFor: (kind) => drivers.find((driver) => driver.kind === kind),
    hasVolumesOf: createVolumeCheck(leases, drivers),
    self: () => viewOf(client, id),
    capacity: (resource) => capacityOf(client, id, resource),
  }
}

async function providerIdOf(client: MarketClient, { address }: LocalAccount): Promise<bigint> {
  const provider = await findProvider(client, { operator: address })
  if (provider) return provider.id
  throw new TenderError(`no provider has the operator key ${address}`, {
    code: 'notAnOperator',
    class: 'notFound',
    hint: 'Register a provider with this key first: `tender provider init`.',
    data: { operator: address },
  })
}

function salesOf({ sales, book }: ProviderConfig): Sales {
  return new Map(
    Object.entries(sales).map(([resource, tiersSold]) => [
      resource,
      tiersSold.map(({ asset = book.assets[0], tier, ...sale }) => {
        if (!asset) throw new TenderError('the market has no asset', { code: 'noAsset', class: 'user' })
        return { ...sale, asset, tier: tiers[tier] }
      }),
    ]),
  )
}

async function capacityOf(client: MarketClient, provider: bigint, resource: Hex): Promise<Capacity> {
  const { committed, leased, until } = await getCapacity(client, { provider, resource: resourceName(resource) })
  return { committedUnits: committed, leasedUnits: leased, until }
}

async function viewOf(client: MarketClient, id: bigint): Promise<ProviderView> {
  const { status, country, level, offerEpoch, collateralised } = await getProvider(client, { provider: id })
  return { status: providerStatuses[status], country: countryId(country), level, offerEpoch, collateralised }
}
