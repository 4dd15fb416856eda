import { join, resolve } from 'node:path'
import type { Driver } from '@tender/driver'
import { createLifecycle, type Lifecycle, type Logger, openStore, type Store } from '@tender/kit'
import { createNetworkNode, type NetworkNode } from '@tender/network'
import { countryId, providerStatuses, resourceId, resourceName, TenderError, tiers } from '@tender/protocol'
import { createMarketClient, findProvider, getCapacity, getProvider, type MarketClient, signOffer } from '@tender/sdk'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ProviderConfig } from './config.ts'
import { serveControl } from './control.ts'
import { hostLabel } from './ingress/hostLabel.ts'
import { startIngress } from './ingress/ingress.ts'
import { createRoutes } from './ingress/routes.ts'
import { openBlobs } from './leases/blobs.ts'
import { chainLeases } from './leases/chainLeases.ts'
import { createKeeper } from './leases/keeper.ts'
import { createLeaseBook, type LeaseBook } from './leases/leaseBook.ts'
import { leaseRecordSchema } from './leases/leaseRecord.ts'
import { createLeaseWatch, cursorSchema } from './leases/watchLeases.ts'
import { announce } from './market/announce.ts'
import { answerSchema, createAnswers } from './market/answers.ts'
import { type Capacity, createBidder, type Sale } from './market/bidder.ts'
import { listenToOrders } from './market/listenToOrders.ts'
import { servePeers } from './serve.ts'
import { statusOf } from './status.ts'

export type ProviderOptions = {
  config: ProviderConfig
  /** The operator key: account, signer of offers and peer in one. */
  privateKey: Hex
  /** What this host can run. */
  drivers: readonly Driver[]
  log: Logger
}

/** A provider that runs. */
export type Provider = {
  readonly id: bigint
  readonly ingressPort: number
  /** Where peers reach it: multiaddrs with `/p2p/…`. */
  addresses(): string[]
  /** Leaves every workload running: the next start adopts them. */
  stop(): Promise<void>
  /** Stops, and stops every workload: the next start runs them again. */
  suspend(): Promise<void>
}

/** How long a workload may take to end by itself when its provider is suspended. */
const SUSPEND_GRACE_MS = 2_000

/** A clock that never runs behind the chain's: what the chain calls over is over. */
function createClock() {
  let aheadSeconds = 0
  const wall = () => Math.floor(Date.now() / 1000)
  return {
    nowSeconds: () => wall() + aheadSeconds,
    tick(timestamp: number) {
      aheadSeconds = Math.max(0, timestamp - wall())
    },
  }
}

/**
 * Starts a provider: it watches orders, bids, takes manifests, runs and serves workloads, settles. May be killed at any moment;
 * the next start goes on where this one was.
 *
 * @throws {TenderError} `notAnOperator` if no registered provider has this key; `storeInUse`, `portTaken`
 *
 * @example
 * const provider = await startProvider({ config, privateKey, drivers: [createWasmDriver({ stateDir })], log })
 */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const life = createLifecycle()
  try {
    return await compose(options, life)
  } catch (error) {
    await life.stop()
    throw error
  }
}

async function compose({ config, privateKey, drivers, log }: ProviderOptions, life: Lifecycle): Promise<Provider> {
  const { signal } = life
  const account = privateKeyToAccount(privateKey)
  const stateDir = resolve(config.stateDir)
  const store = await life.start(
    'store',
    () => openStore({ file: join(stateDir, 'provider.db') }),
    (opened) => opened.close(),
  )
  const client = await createMarketClient({ rpcUrl: config.rpcUrl, book: config.book, account, signal })
  const id = await providerIdOf(client)
  const driverFor = (kind: string) => drivers.find((driver) => driver.kind === kind)
  const clock = createClock()
  const sales = salesOf(config)
  const { leases, answers, cursors } = openRecords(store, client)
  const capacity = (resource: Hex) => capacityOf(client, id, resource)

  const blobs = await openBlobs(join(stateDir, 'blobs'))
  await blobs.retain(blobsOf(leases))
  const keeper = createKeeper({
    leases,
    market: chainLeases(client),
    driverFor,
    blobs,
    policy: config,
    nowSeconds: clock.nowSeconds,
    log,
  })
  const watch = createLeaseWatch({
    client,
    provider: id,
    leases,
    orderOf: (order) => answers.get(order)?.order,
    cursors,
    changed: keeper.wake,
    tick: clock.tick,
    log,
  })

  const route = createRoutes(leases, driverFor)
  const ingress = await life.start(
    'ingress',
    () => startIngress({ ...config.ingress, route }),
    (it) => it.close(),
  )
  const urlOf = (lease: Hex) => `http://${hostLabel(lease)}.${config.ingress.domain}:${ingress.port}`

  const node = await createNode(config, privateKey, client, clock.nowSeconds, log)
  await servePeers({
    node,
    leases,
    answers,
    blobs,
    maxBlobBytes: config.maxBlobBytes,
    driverFor,
    discover: watch.discover,
    urlOf,
    changed: keeper.wake,
  })
  const self = () => viewOf(client, id)
  const answerOrder = createBidder({
    provider: id,
    answers,
    sales,
    maxBlobBytes: config.maxBlobBytes,
    driverFor,
    self,
    capacity,
    sign: async (offer) => (await signOffer(client, { offer })).signature,
    nowSeconds: clock.nowSeconds,
  })
  listenToOrders({ node, provider: id, answerOrder, log, signal })
  await life.start(
    'network',
    () => node.start(),
    () => node.stop(),
  )

  const status = async () =>
    statusOf({
      provider: id,
      operator: account.address,
      addresses: node.addresses(),
      ingressPort: ingress.port,
      leases,
      answers,
      sales,
      capacity: (resource) => capacity(resourceId(resource)),
      urlOf,
    })
  await life.start(
    'control',
    () => serveControl(stateDir, async () => JSON.stringify(await status())),
    (it) => it.close(),
  )

  const country = async () => (await self()).country
  const announcing = { node, account, provider: id, country, drivers: drivers.map(({ kind }) => kind), sales, capacity }
  await runUntilStopped(life, 'keeper', keeper.run)
  await runUntilStopped(life, 'watch', watch.run)
  await runUntilStopped(life, 'announcements', (within) =>
    announce({ ...announcing, nowSeconds: clock.nowSeconds, log }, within),
  )

  async function suspend(): Promise<void> {
    try {
      await life.stop()
    } finally {
      await Promise.all(
        leases
          .live()
          .map(({ handle }) => handle && driverFor(handle.driver)?.stop(handle, { graceMs: SUSPEND_GRACE_MS })),
      )
    }
  }

  log.info({ provider: id, operator: account.address, ingressPort: ingress.port }, 'provider started')
  return { id, ingressPort: ingress.port, addresses: () => node.addresses(), stop: life.stop, suspend }
}

/**
 * Runs a loop that ends when the lifecycle's signal aborts, and lets the stop wait for it. The loops reject for nothing from
 * outside; one that does is a bug, and ends the process rather than leave a provider that only seems to run.
 */
async function runUntilStopped(
  life: Lifecycle,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await life.start(
    name,
    (signal) => ({ done: run(signal).catch((error) => (signal.aborted ? undefined : Promise.reject(error))) }),
    ({ done }) => done,
  )
}

async function providerIdOf(client: MarketClient): Promise<bigint> {
  const operator = client.account?.address
  const provider = operator && (await findProvider(client, { operator }))
  if (provider) return provider.id
  throw new TenderError(`no provider has the operator key ${operator}`, {
    code: 'notAnOperator',
    class: 'notFound',
    hint: 'Register a provider with this key first.',
    data: { operator },
  })
}

function salesOf({ sales, book }: ProviderConfig): Map<string, Sale> {
  return new Map(
    Object.entries(sales).map(([resource, { asset = book.assets[0], tier, ...sale }]) => {
      if (!asset) throw new TenderError('the market has no asset', { code: 'noAsset', class: 'user' })
      return [resource, { ...sale, asset, tier: tiers[tier] }]
    }),
  )
}

function openRecords(store: Store, client: MarketClient) {
  const live = store.collection('leases', leaseRecordSchema)
  const ended = store.collection('endedLeases', leaseRecordSchema)
  return {
    leases: createLeaseBook({ live, ended }, chainLeases(client)),
    answers: createAnswers(store.collection('answers', answerSchema)),
    cursors: store.collection('cursors', cursorSchema),
  }
}

function blobsOf(leases: LeaseBook): Set<string> {
  return new Set(leases.live().flatMap(({ manifest }) => manifest?.services.map(({ image }) => image.sha256) ?? []))
}

async function capacityOf(client: MarketClient, provider: bigint, resource: Hex): Promise<Capacity> {
  const { committed, leased, until } = await getCapacity(client, { provider, resource: resourceName(resource) })
  return { committedUnits: committed, leasedUnits: leased, until }
}

async function viewOf(client: MarketClient, id: bigint) {
  const { status, country, level, offerEpoch, collateralised } = await getProvider(client, { provider: id })
  return { status: providerStatuses[status], country: countryId(country), level, offerEpoch, collateralised }
}

function createNode(
  { network, book }: ProviderConfig,
  privateKey: Hex,
  client: MarketClient,
  nowSeconds: () => number,
  log: Logger,
): Promise<NetworkNode> {
  return createNetworkNode({
    ...network,
    privateKey,
    market: { chainId: book.chainId, orderBook: book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      client.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds,
    log: (level, message, fields = {}) => log[level](fields, message),
  })
}
