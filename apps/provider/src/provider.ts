import { createLifecycle, type Lifecycle, type Metrics, startMetrics } from '@tender/kit'
import { createNetworkNode, type IsMonitor, type NetworkNode } from '@tender/network'
import { resourceId } from '@tender/protocol'
import { findProvider, getMonitors } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import { serveControl } from './control.ts'
import { type Core, openCore, type ProviderOptions } from './core.ts'
import { openIngress } from './ingress/openIngress.ts'
import { followJobs } from './jobs/followJobs.ts'
import { createJobKeeper, type JobKeeper } from './jobs/jobKeeper.ts'
import { createJobPeers } from './jobs/jobPeers.ts'
import { cardsOfJobs } from './jobs/openJobs.ts'
import { jobLineOf } from './jobs/tellJob.ts'
import { chainLeases } from './leases/chainLeases.ts'
import { createKeeper, type Keeper } from './leases/keeper.ts'
import { createLeaseWatch, type LeaseWatch } from './leases/watchLeases.ts'
import { announce } from './market/announce.ts'
import { createSelling, type Selling } from './market/createSelling.ts'
import { listenToOrders } from './market/listenToOrders.ts'
import { markInterrupted } from './market/markInterrupted.ts'
import { createProviderMetrics } from './metrics/providerMetrics.ts'
import { createKnownMonitors } from './monitoring/knownMonitors.ts'
import { serveMonitors } from './monitoring/serveMonitors.ts'
import { createReports, type Reports } from './reports/createReports.ts'
import { chainStanding, keepStanding } from './reports/keepStanding.ts'
import { createReportSource } from './reports/reportSource.ts'
import { servePeers } from './serve.ts'
import { statusOf } from './status.ts'

/** A provider that runs. */
export type Provider = {
  readonly id: bigint
  readonly ingressPort: number
  /** Where peers reach it: multiaddrs with `/p2p/…`. */
  addresses(): string[]
  /** What it counts and measures; also served where its configuration says. */
  readonly metrics: Metrics
  /** Leaves every workload running: the next start adopts them. */
  stop(): Promise<void>
  /** Stops, and stops every workload: the next start runs them again. */
  suspend(): Promise<void>
}

/** How long a workload may take to end by itself when its provider is suspended. */
const SUSPEND_GRACE_MS = 2_000

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
    return await compose(await openCore(options, life), life)
  } catch (error) {
    await life.stop()
    throw error
  }
}

async function compose(core: Core, life: Lifecycle): Promise<Provider> {
  const { id, account, config, leases, log } = core
  const { keeper, jobKeeper, watch, reports } = createLoops(core)
  const ingress = await openIngress(core, life)
  const { port: ingressPort, urlOf, joinRelays } = ingress
  const selling = createSelling(core, keeper.wake)
  const node = await joinMarket(core, life, { keeper, jobKeeper, watch, selling, urlOf })
  await joinRelays(node)
  await serveStatus(core, life, { node, keeper, jobKeeper, reports, ingressPort, urlOf })
  const metrics = createProviderMetrics(core, { node, keeper, jobKeeper, reports, ingress })
  await startMetrics(life, config.metrics, metrics)

  // Last: from here on it acts by itself.
  await runUntilStopped(life, 'keeper', keeper.run)
  const jobPeers = createJobPeers(core.client, node, core.blockMeter)
  await runUntilStopped(life, 'jobs', (signal) => jobKeeper.run(jobPeers, signal))
  await runUntilStopped(life, 'watch', watch.run)
  await runUntilStopped(life, 'reports', (signal) => reports.run(createReportSource({ ...core, node }), signal))
  await runUntilStopped(life, 'announcements', (signal) => announceCapacity(core, node, selling, signal))
  log.info({ provider: id, operator: account.address, ingressPort }, 'provider started')

  async function suspend(): Promise<void> {
    try {
      await life.stop()
    } finally {
      const handles = leases.live().flatMap(({ handle }) => handle ?? [])
      await Promise.all(
        handles.map((handle) => core.driverFor(handle.driver)?.stop(handle, { graceMs: SUSPEND_GRACE_MS })),
      )
    }
  }
  return { id, ingressPort, addresses: () => node.addresses(), metrics, stop: life.stop, suspend }
}

type Loops = { keeper: Keeper; jobKeeper: JobKeeper; watch: LeaseWatch; reports: Reports }

/** What keeps leases, and what tells it of the chain and its reports. Not yet running. */
function createLoops(core: Core): Loops {
  const { client, id, leases, jobs, answers, cursors, clock, config, log } = core
  const { nowSeconds } = clock
  const tick: typeof clock.tick = (timestamp, fresh) => {
    core.counter.sawBlock()
    clock.tick(timestamp, fresh)
  }
  const reports = createReports({
    ...core,
    provider: id,
    keep: (standing) => keepStanding(standing, chainStanding(client, id), { ...config, nowSeconds: nowSeconds(), log }),
    changed: () => keeper.wake(),
    nowSeconds,
  })
  const { reporting } = reports
  const keeper = createKeeper({
    ...core,
    cardsOfJobs: () => cardsOfJobs(jobs),
    market: chainLeases(client),
    policy: config,
    reporting,
    nowSeconds,
  })
  const jobKeeper = createJobKeeper({
    ...core,
    market: core.jobMarket,
    places: core.jobPlaces,
    cardsTaken: () => leases.live().flatMap(({ gpus }) => gpus ?? []),
    policy: config.jobs,
    hostCpuMillis: config.jobs.mostCpuMillis,
    nowSeconds,
  })
  const orderOf = (order: Hex) => answers.get(order)
  const follower = followJobs({ jobs, orderOf, changed: jobKeeper.wake })
  const watched = { client, provider: id, leases, orderOf, jobs: follower, cursors }
  const watch = createLeaseWatch({ ...watched, changed: keeper.wake, tick, log })
  return { keeper, jobKeeper, watch, reports }
}

type Parts = {
  keeper: Keeper
  jobKeeper: JobKeeper
  watch: LeaseWatch
  selling: Selling
  urlOf(lease: Hex): string | undefined
}

/** Takes part in the market: answers orders, and the agents of its leases. */
async function joinMarket(
  core: Core,
  life: Lifecycle,
  { keeper, jobKeeper, watch, selling, urlOf }: Parts,
): Promise<NetworkNode> {
  const { id, config, log } = core
  const { maxBlobBytes } = config
  const { nowSeconds } = core.clock
  const isMonitor = createKnownMonitors(() => monitorsOf(core))
  const node = await createNode(core, isMonitor)
  const { discover } = watch
  function changed(): void {
    keeper.wake()
    jobKeeper.wake()
  }
  await servePeers({ ...core, jobKeeper, node, maxBlobBytes, nowSeconds, discover, urlOf, changed })
  const { mostMemoryBytes } = config.capacity
  const { leases, jobs } = core
  const promised = () => [...leases.live(), ...jobs.live().filter(({ chain }) => chain.state === 'begun')]
  await serveMonitors({
    ...core,
    leases: { ...leases, live: promised },
    node,
    provider: id,
    isMonitor,
    mostMemoryBytes,
    discover,
    urlOf,
    nowSeconds,
  })
  listenToOrders({ node, provider: id, answerOrder: selling.answerOrder, nowSeconds, log, signal: life.signal })
  return life.start(
    'network',
    async () => {
      await node.start()
      return node
    },
    () => node.stop(),
  )
}

/** Accounts whose weight counts, or is about to. */
async function monitorsOf({ client }: Core): Promise<Address[]> {
  const monitors = await getMonitors(client)
  return monitors.filter(({ weight, nextWeight }) => weight + nextWeight > 0).map(({ key }) => key)
}

function createNode(
  { config: { network, book }, privateKey, client, clock, log }: Core,
  isExpected: IsMonitor,
): Promise<NetworkNode> {
  return createNetworkNode({
    ...network,
    privateKey,
    market: { chainId: book.chainId, orderBook: book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      client.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds: clock.nowSeconds,
    isExpected,
    log: (level, message, fields = {}) => log[level](fields, message),
  })
}

type Served = {
  node: NetworkNode
  keeper: Keeper
  jobKeeper: JobKeeper
  reports: Reports
  ingressPort: number
  urlOf(lease: Hex): string | undefined
}

/** Tells its own machine how it is doing. */
async function serveStatus(core: Core, life: Lifecycle, served: Served): Promise<void> {
  const { node, keeper, jobKeeper, reports, ingressPort, urlOf } = served
  const { jobs } = core
  const status = () =>
    statusOf({
      ...core,
      jobs: jobs.live().map((job) => jobLineOf(job, { ...jobKeeper, jobs })),
      provider: core.id,
      operator: core.account.address,
      addresses: node.addresses(),
      ingressPort,
      capacity: (resource) => core.capacity(resourceId(resource)),
      urlOf,
      standing: reports.standing(),
      troubles: keeper.troubles,
      nowSeconds: core.clock.nowSeconds,
    })
  function interrupt(leaseId: Hex): void {
    markInterrupted(core.leases, leaseId, 'its provider needs the capacity')
    keeper.wake()
  }
  await life.start(
    'control',
    () => serveControl(core.stateDir, { status: async () => JSON.stringify(await status()), interrupt }),
    (control) => control.close(),
  )
}

function announceCapacity(core: Core, node: NetworkNode, { quotes }: Selling, signal: AbortSignal): Promise<void> {
  const country = async () => (await core.self()).country
  const drivers = core.drivers.map(({ kind }) => kind)
  const { nowSeconds } = core.clock
  return announce({ ...core, node, quotes, provider: core.id, country, drivers, nowSeconds }, signal)
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
