import type { TaskDriver } from '@tender/driver'
import { kinds, leaseId as leaseIdOf, type Terms } from '@tender/protocol'
import { jobStores, openTestStore, silent, termsOf } from '../testKit.ts'
import type { JobPolicy } from './decideJob.ts'
import { createJobBook, type JobBook, type JobStores } from './jobBook.ts'
import { createJobKeeper, type JobKeeper } from './jobKeeper.ts'
import type { JobMarket } from './jobMarket.ts'
import type { JobPeers } from './jobPeers.ts'
import { openJobPlaces } from './jobPlaces.ts'
import {
  agentKey,
  createFakeTasks,
  type JobOptions,
  makeJob,
  openTestContent,
  type TaskScript,
  temporaryDir,
} from './testJobs.ts'
import { createScriptedJobs } from './testScriptedJobs.ts'

export const policy: JobPolicy = { progressEveryTasks: 3, progressEverySeconds: 1_000, keepSeconds: 100 }

export type WorldOptions = {
  script?: TaskScript
  hostCpuMillis?: number
  job?: JobOptions
  /** Runs the tasks in the place of the scripted one. */
  driver?: TaskDriver
  /** Of the lease. */
  over?: Partial<Terms>
  /** Cards that services have. */
  cardsTaken?: readonly string[]
}

/** What outlives a provider: its disk, the chain, its tenant. And the provider, which may be killed at any effect. */
export async function createJobWorld({ script, hostCpuMillis = 4_000, ...options }: WorldOptions = {}) {
  const { job: asked, driver: given, over, cardsTaken = [] } = options
  let now = 1_000
  const nowSeconds = () => now
  const [tenant, content] = [openTestContent(), openTestContent()]
  const chain = createScriptedJobs(nowSeconds)
  const tasks = createFakeTasks(script)
  const real = given ?? tasks.driver
  const places = openJobPlaces(temporaryDir())
  const store = openTestStore()
  const stores = jobStores(store)
  const job = await makeJob(tenant, asked)
  const terms = termsOf({ kind: kinds.job, startWindow: 60, ...over })
  const id = leaseIdOf(terms)
  chain.open(terms)
  let looks = new Set<() => void>()
  // Once what was written is in memory too.
  const changed = () => {
    setImmediate(() => {
      for (const look of looks) look()
    })
  }
  const peers: JobPeers = {
    sourceAt: () => ({
      async *blocks(cids) {
        for (const cid of cids) {
          const bytes = await tenant.block(cid)
          if (bytes) yield { cid, bytes }
        }
      },
    }),
    verdicts: async () => ({ passed: true, signatures: [] }),
  }

  type Life = { book: JobBook; keeper: JobKeeper; stop(): Promise<void>; readonly dead: boolean }

  /** A provider that dies at its nth effect, or never. From then on nothing that it calls happens, and nothing returns to it. */
  function start(effectsLeft = Number.POSITIVE_INFINITY): Life {
    let left = effectsLeft
    let dead = false
    const abort = new AbortController()
    const spend = () => {
      left -= 1
      if (left === 0) dead = true
      changed()
    }
    const act =
      <Args extends unknown[], Result>(effect: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        if (dead) return new Promise<never>(() => {})
        spend()
        const result = await effect(...args)
        if (dead) return new Promise<never>(() => {})
        changed()
        return result
      }
    const write =
      <Args extends unknown[]>(effect: (...args: Args) => void) =>
      (...args: Args): void => {
        spend()
        if (dead) throw new Error('killed')
        effect(...args)
        changed()
      }
    const { live, ended, tasks: taskStore } = stores
    const mortalStores: JobStores = {
      live: { ...live, set: write(live.set), delete: write(live.delete) },
      ended: { ...ended, set: write(ended.set), delete: write(ended.delete) },
      tasks: { ...taskStore, set: write(taskStore.set), delete: write(taskStore.delete) },
      transaction: stores.transaction,
    }
    const { market } = chain
    const mortalMarket: JobMarket = {
      view: (...args) => (dead ? new Promise<never>(() => {}) : market.view(...args)),
      recentBlock: (...args) => (dead ? new Promise<never>(() => {}) : market.recentBlock(...args)),
      begin: act(market.begin),
      progress: act(market.progress),
      submit: act(market.submit),
      draw: act(market.draw),
      reanchor: act(market.reanchor),
      redraw: act(market.redraw),
      resolve: act(market.resolve),
      split: act(market.split),
      expire: act(market.expire),
    }
    const book = createJobBook(mortalStores, mortalMarket, { nowSeconds })
    const driver: TaskDriver = { ...real, runTask: act(real.runTask) }
    const keeper = createJobKeeper({
      jobs: book,
      market: mortalMarket,
      content: { ...content, pin: act(content.pin), exportTo: act(content.exportTo) },
      places: {
        ...places,
        output: act(places.output),
        dropOutput: act(places.dropOutput),
        putLog: act(places.putLog),
        drop: act(places.drop),
        retain: act(places.retain),
      },
      driverFor: (kind) => (kind === real.kind ? driver : undefined),
      cardsTaken: () => cardsTaken,
      policy,
      hostCpuMillis,
      nowSeconds,
      log: silent,
    })
    const done = keeper.run(peers, abort.signal)
    const stop = async () => {
      abort.abort()
      await done
    }
    return {
      book,
      keeper,
      stop,
      get dead() {
        return dead
      },
    }
  }

  /** Opens the job, or another lease of it, in a provider's book and hands it the manifest, as watch and network do. */
  async function deliver({ book, keeper }: Life, lease = terms): Promise<void> {
    await book.open(lease, { order: job.order, jobTerms: job.jobTerms, agentKey }, AbortSignal.timeout(60_000))
    const leaseId = leaseIdOf(lease)
    if (!book.get(leaseId)?.manifest) book.update(leaseId, { manifest: job.manifest })
    keeper.wake()
  }

  /** Resolves once something is so; looks at each effect. */
  function until(isSo: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (!isSo()) return
      looks = new Set([...looks].filter((other) => other !== look))
      resolve()
    }
    looks.add(look)
    look()
    return promise
  }

  return {
    chain,
    tasks,
    content,
    tenant,
    stores,
    places,
    terms,
    id,
    job,
    start,
    deliver,
    until,
    nowSeconds,
    pass(seconds: number): void {
      now += seconds
    },
  }
}
