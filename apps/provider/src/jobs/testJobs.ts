import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContentStore, digestOf, openContentStore } from '@tender/content'
import type { ExitReason, TaskDriver, TaskSpec } from '@tender/driver'
import { createFakeDriver } from '@tender/driver/fake'
import {
  type JobTerms,
  jobText,
  kinds,
  leaseId as leaseIdOf,
  type Manifest,
  type Order,
  TenderError,
  type Terms,
} from '@tender/protocol'
import { type Hex, stringToBytes, zeroHash } from 'viem'
import { onTestFinished } from 'vitest'
import { brief, bytes32, jobStores, openTestHost, openTestStore, orderOf, silent, termsOf } from '../testKit.ts'
import type { JobPolicy } from './decideJob.ts'
import { createJobBook, type JobBook, type JobStores } from './jobBook.ts'
import { createJobKeeper, type JobKeeper } from './jobKeeper.ts'
import type { JobMarket, JobView } from './jobMarket.ts'
import type { JobPeers } from './jobPeers.ts'
import { openJobPlaces } from './jobPlaces.ts'

// What the tests of jobs share: a tenant with a bundle, a chain with the rules of jobs, a driver whose tasks follow a script.

export const module = stringToBytes('a module')
export const moduleHash: Hex = `0x${createHash('sha256').update(module).digest('hex')}`
export const agentKey: Hex = `0x02${'11'.repeat(32)}`
export const policy: JobPolicy = { progressEveryTasks: 3, progressEverySeconds: 1_000, keepSeconds: 100 }

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-jobs-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function openTestContent(): ContentStore {
  const store = openContentStore(temporaryDir(), { bytes: 1e8 })
  onTestFinished(() => store.close())
  return store
}

export type TestJob = { manifest: Manifest; jobTerms: JobTerms; order: Order }

/** A job of so many tasks whose bundle is in `tenant`. `atOnce`: tasks of a lease that run at once. */
export async function makeJob(
  tenant: ContentStore,
  {
    tasks = 4,
    atOnce = 2,
    replicas = 1,
    over = {},
  }: { tasks?: number; atOnce?: number; replicas?: number; over?: Partial<JobTerms> } = {},
): Promise<TestJob> {
  const image = { kind: 'blob', sha256: moduleHash, bytes: module.length } as const
  const size = { cpuMillis: 500, memoryBytes: 2 ** 26 }
  const service = { name: 'task', image, args: [], env: {}, ports: [], replicas: atOnce, ...size }
  const job = { tasks, outputBytes: 1_000, compare: 'bytes' } as const
  const rest = { version: 2, services: [service], volumes: [], job, salt: zeroHash } as const
  const files = { [moduleHash.slice(2)]: module }
  const bundle = await tenant.putTree({ 'job.json': stringToBytes(jobText(mutable(rest))), blobs: files })
  const jobTerms: JobTerms = {
    tasks,
    sample: 1,
    validators: 1,
    comparator: zeroHash,
    deadlineSeconds: 1_000,
    cancelFee: 0n,
    verifyFee: 100n,
    inputs: digestOf(bundle),
    ...over,
  }
  const { cancelFee, verifyFee, ...terms } = jobTerms
  const written = { ...terms, cancelFee: cancelFee.toString(), verifyFee: verifyFee.toString() }
  const needs = { cpuMillis: 500 * atOnce, memoryBytes: 2 ** 26 * atOnce, containers: atOnce }
  const asked = { ...brief, ...needs, job: { terms: written, bundleBytes: 1_000 } }
  return { manifest: mutable({ ...rest, brief: asked }), jobTerms, order: orderOf({ kind: kinds.job, replicas }) }
}

/** Types of manifests hold lists that may be changed. */
function mutable<Value>(value: Value): Mutable<Value> {
  return value as Mutable<Value> // CAST: nobody changes it
}
type Mutable<Value> = Value extends (...args: never) => unknown
  ? Value
  : { -readonly [Key in keyof Value]: Value[Key] extends object ? Mutable<Value[Key]> : Value[Key] }

/** What a task does: it ends so, or throws, once `until` is over. Absent: exits with 0 at once. */
export type TaskScript = (task: number, attempt: number) => ExitReason | Error | Promise<ExitReason | Error> | undefined

/** A driver that writes each task's number into its output and ends as the script says. `runs`: tasks in the order they were begun. */
export function createFakeTasks(script: TaskScript = () => undefined) {
  const runs: number[] = []
  const specs: TaskSpec[] = []
  const base = createFakeDriver(openTestHost({}))
  const driver: TaskDriver = {
    ...base,
    capabilities: { ...base.capabilities, tasks: true },
    async runTask(spec, signal) {
      const task = Number(spec.environment.TENDER_TASK)
      const attempt = runs.filter((other) => other === task).length
      runs.push(task)
      specs.push(spec)
      const end = (await orAborted(script(task, attempt), signal)) ?? { kind: 'exited', code: 0 }
      if (end instanceof Error) throw end
      if (end.kind === 'exited') await writeFile(join(spec.outputDir, 'number'), `${task}`)
      const line = { atMs: 1, service: 'task', stream: 'stdout', text: `task ${task}` } as const
      return { reason: end, usage: { cpuMs: 1, memoryPeakBytes: 1 }, log: [line] }
    },
  }
  return { driver, runs, specs }
}

function orAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([value, promise])
}

/** A chain that knows nothing but jobs, with the rules of their contract. Each transaction is a block. */
export function createScriptedJobs(nowSeconds: () => number) {
  const states = new Map<Hex, JobView>()
  const submissions: { root: Hex; cid: string }[] = []
  const progress: Hex[] = []
  const sent: string[] = []
  let block = 100
  /** Of the chain that counts: a reorg makes another. */
  let fork = 0
  const blockAt = (number: number) => ({ block: number, blockHash: bytes32(number * 1_000 + fork) })
  const view = (terms: Terms) => states.get(leaseIdOf(terms)) ?? refuse('UnknownLease')

  function step(name: string, terms: Terms, from: readonly JobView['state'][], change: () => Partial<JobView>): void {
    sent.push(name)
    if (!from.includes(view(terms).state)) refuse('WrongJobState')
    block += 1
    states.set(leaseIdOf(terms), { ...view(terms), ...change() })
  }

  const anchored = () => ({ since: nowSeconds(), anchor: block + 2, drawUntil: nowSeconds() + 100 })
  const market: JobMarket = {
    async view(terms) {
      const known = states.get(leaseIdOf(terms))
      return known && { ...known, block }
    },
    recentBlock: async (begun) => blockAt(Math.max(begun.block, block - 1)),
    async begin({ terms }) {
      step('begin', terms, ['opened'], () => ({ state: 'begun', begun: blockAt(block) }))
    },
    async progress({ terms }, root) {
      step('progress', terms, ['begun'], () => ({}))
      progress.push(root)
    },
    async submit({ terms, jobTerms }, result) {
      if (nowSeconds() >= terms.start + jobTerms.deadlineSeconds) refuse('TooLate')
      step('submit', terms, ['begun'], () => ({ state: 'submitted', ...anchored(), commitment: result.root }))
      submissions.push(result)
    },
    async draw({ terms }) {
      if (block <= view(terms).anchor) refuse('AnchorNotMined')
      const state = view(terms).state === 'recalled' ? 'redrawn' : 'drawn'
      const challengeUntil = state === 'drawn' ? nowSeconds() + 50 : undefined
      const times = { since: nowSeconds(), drawUntil: undefined, challengeUntil, verdictUntil: nowSeconds() + 400 }
      step('draw', terms, ['submitted', 'recalled'], () => ({ state, ...times, commitment: bytes32(77) }))
    },
    async reanchor({ terms }) {
      const { reanchors } = view(terms)
      step('reanchor', terms, ['submitted', 'recalled'], () => ({ reanchors: reanchors + 1, anchor: block + 2 }))
    },
    async redraw({ terms }) {
      step('redraw', terms, ['drawn'], () => ({ state: 'recalled', ...anchored(), verdictUntil: undefined }))
    },
    async resolve({ terms }) {
      step('resolve', terms, ['drawn', 'redrawn'], () => ({ state: 'ended' }))
    },
    async split({ terms }) {
      step('split', terms, ['recalled', 'redrawn'], () => ({ state: 'ended' }))
    },
    async expire({ terms }) {
      step('expire', terms, ['opened', 'begun', 'submitted'], () => ({ state: 'ended' }))
    },
  }
  return {
    market,
    submissions,
    progress,
    sent,
    state: (terms: Terms) => view(terms).state,
    get block() {
      return block
    },
    hashAt: (number: number) => blockAt(number).blockHash,
    mine(blocks: number): void {
      block += blocks
    },
    open(terms: Terms): void {
      const none = { since: 0, anchor: 0, reanchors: 0, challenged: false, commitment: zeroHash }
      states.set(leaseIdOf(terms), { state: 'opened', ...none, block })
    },
    end(terms: Terms): void {
      states.set(leaseIdOf(terms), { ...view(terms), state: 'ended' })
    },
    /** Another chain counts, on which the job was begun in the same block and nothing came after. */
    rollBack(terms: Terms, change: Partial<JobView> = { state: 'begun' }): void {
      fork += 1
      const { begun } = view(terms)
      states.set(leaseIdOf(terms), { ...view(terms), ...change, begun: begun && blockAt(begun.block) })
    },
  }
}

function refuse(code: string): never {
  throw new TenderError(code, { code, class: 'chain' })
}

export type WorldOptions = { script?: TaskScript; hostCpuMillis?: number; job?: Parameters<typeof makeJob>[1] }

/** What outlives a provider: its disk, the chain, its tenant. And the provider, which may be killed at any effect. */
export async function createJobWorld({ script, hostCpuMillis = 4_000, job: asked }: WorldOptions = {}) {
  let now = 1_000
  const nowSeconds = () => now
  const [tenant, content] = [openTestContent(), openTestContent()]
  const chain = createScriptedJobs(nowSeconds)
  const tasks = createFakeTasks(script)
  const places = openJobPlaces(temporaryDir())
  const store = openTestStore()
  const stores = jobStores(store)
  const job = await makeJob(tenant, asked)
  const terms = termsOf({ kind: kinds.job, startWindow: 60 })
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
    const driver: TaskDriver = { ...tasks.driver, runTask: act(tasks.driver.runTask) }
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
      driverFor: (kind) => (kind === 'fake' ? driver : undefined),
      cardsTaken: () => [],
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

  /** Opens the job in a provider's book and hands it the manifest, as watch and network do. */
  async function deliver({ book, keeper }: Life): Promise<void> {
    await book.open(terms, { order: job.order, jobTerms: job.jobTerms, agentKey }, AbortSignal.timeout(60_000))
    if (!book.get(id)?.manifest) book.update(id, { manifest: job.manifest })
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
