import { createLifecycle, type Lifecycle, type Metrics, startMetrics } from '@tender/kit'
import { getProvider } from '@tender/sdk'
import { type Address, zeroAddress } from 'viem'
import { createAgreeing } from './agreeing.ts'
import { type Assignments, createAssignments } from './assignments.ts'
import { createBlockFeed } from './blockFeed.ts'
import { createContactTeller } from './contact.ts'
import { serveControl } from './control.ts'
import { type Core, type MonitorOptions, openCore } from './core.ts'
import { createConsequences, eraMarkSchema } from './eras/consequences.ts'
import { createReportLibrary } from './eras/reportLibrary.ts'
import { createTidying } from './eras/tidying.ts'
import { openValidator } from './jobs/validateJobs.ts'
import { createMonitorMetrics } from './monitorMetrics.ts'
import { runSteps, runUntilStopped } from './runSteps.ts'
import { createRatings } from './serve/ratings.ts'
import { servePeers } from './serve/servePeers.ts'
import { type MonitorStatus, statusOf } from './status.ts'
import { createEndVanished } from './vanish/endVanished.ts'
import type { Suspicion } from './vanish/suspicions.ts'
import { createWatcher, type Watcher } from './watcher.ts'

/** A monitor that runs. */
export type Monitor = {
  readonly address: Address
  /** Where peers reach it: multiaddrs with `/p2p/…`. */
  addresses(): string[]
  status(): MonitorStatus
  /** What it counts and measures; also served where its configuration says. */
  readonly metrics: Metrics
  stop(): Promise<void>
}

/** An operator key changes seldom, and is asked for with each challenge. */
const OPERATOR_KEPT_MS = 30_000

/**
 * Starts a monitor: it watches the leases that it was drawn for, agrees with the others on each era's report, and serves what they
 * agreed on. May be killed at any moment; the next start goes on where this one was. A key that is no monitor's yet follows, and
 * takes part once it is.
 *
 * @throws {TenderError} `storeInUse`, `portTaken`; {WrongChainError} {RpcUnreachableError}
 *
 * @example
 * const monitor = await startMonitor({ config, privateKey, log })
 * monitor.status().agreement  // { era: '7', attempt: 0, batches: [] }
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const life = createLifecycle()
  try {
    return await compose(await openCore(options, life), life)
  } catch (error) {
    await life.stop()
    throw error
  }
}

async function compose(core: Core, life: Lifecycle): Promise<Monitor> {
  const { account, node, facts, chain, store, client, timing, config } = core
  const common = { me: account.address, book: facts.book }
  const ratings = createRatings(store, facts.book, chain.time)
  const watcher = createSight(core, (suspicion) => void vanished.suspect(suspicion, life.signal).catch(() => {})) // stopped
  const vanished = createEndVanished({ ...core, ...common, ...watcher })
  const agreeing = createAgreeing(core, watcher, ratings, life.signal)
  const reports = createReportLibrary(agreeing.library)
  const assignments = createAssignments({ ...common, client, timing, chain, watch: watcher.watch })
  const done = store.collection('carriedOut', eraMarkSchema)
  const { roundSeconds, keepEras } = config.era
  const consequences = createConsequences({ ...core, ...common, reports, roundSeconds, done })
  const tidy = createTidying({ ...core, ...agreeing, ratings, keepEras })

  const validator = await openValidator(core, watcher, life)
  await servePeers({ ...core, ...agreeing, reports, ratings, vanished, watcher })
  await life.start(
    'network',
    () => node.start(),
    () => node.stop(),
  )
  const status = () => statusOf(core, { ...agreeing, watcher, assignments, validator })
  await life.start(
    'control',
    () => serveControl(config.stateDir, async () => status()),
    (control) => control.close(),
  )

  const metrics = createMonitorMetrics(core, { agreeing, watcher, vanished, validator, status })
  await startMetrics(life, config.metrics, metrics)

  // Last: from here on it acts by itself.
  const each = (name: string, step: (signal: AbortSignal) => Promise<void>) =>
    runSteps(life, { name, log: core.log, onWake: core.onHead, step })
  await runUntilStopped(life, 'watcher', watcher.run)
  await each('assignments', followHead(core, assignments, watcher))
  await each('batches', agreeing.agreement.spread)
  await each('agreement', agreeing.agreement.step)
  await each('consequences', consequences.step)
  await each('witness', agreeing.witness.step)
  await each('jobs', validator.step)
  await each('contact', createContactTeller(core))
  await each('tidying', tidy)
  await runUntilStopped(life, 'chain', facts.run)
  core.log.info({ monitor: account.address, peer: node.peerId }, 'monitor started')
  return { address: account.address, addresses: () => node.addresses(), status, metrics, stop: life.stop }
}

/** Looks at each new head once: who watches what, and whether providers are to be tried. */
function followHead({ facts, client }: Core, assignments: Assignments, watcher: Watcher): () => Promise<void> {
  const feed = createBlockFeed(client, watcher.block)
  let seen: string | undefined
  return async () => {
    const head = facts.head()
    if (!head || head.hash === seen) return
    await assignments.update(head)
    await feed(head)
    seen = head.hash
  }
}

/** The seeing half, with what it asks the chain and the other monitors. */
function createSight(core: Core, suspect: (suspicion: Suspicion) => void): Watcher {
  const { account, client, timing, chain, peers, config } = core
  const create = core.createWatcher ?? createWatcher
  return create({
    ...core,
    config,
    account,
    reports: client.book.contracts.eraReports,
    eraSeconds: timing.eraSeconds,
    operatorOf: createOperators(core),
    monitors: chain.monitors,
    ping: peers.ping,
    capacity: chain.capacity,
    suspect,
    nowSeconds: chain.nowSeconds,
  })
}

function createOperators({ client }: Core): (provider: bigint) => Promise<Address | undefined> {
  const known = new Map<bigint, { operator: Promise<Address | undefined>; atMs: number }>()
  async function ask(provider: bigint): Promise<Address | undefined> {
    const { operator } = await getProvider(client, { provider })
    return operator === zeroAddress ? undefined : operator
  }
  return (provider) => {
    const before = known.get(provider)
    if (before && before.atMs > performance.now() - OPERATOR_KEPT_MS) return before.operator
    const operator = ask(provider)
    operator.catch(() => known.delete(provider))
    known.set(provider, { operator, atMs: performance.now() })
    return operator
  }
}
