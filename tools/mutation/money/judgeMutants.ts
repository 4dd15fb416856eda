/**
 * Run by Vitest for one changed file: loads its tests once, sees which of them reach which change, and runs for each change only these,
 * until one fails.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { test, vi } from 'vitest'
import { type Finding, type MutationTask, TASK_VARIABLE } from './task.ts'
import { type CollectedTest, takeTests } from './testShim.ts'

/** A promise that is never kept takes no work. */
const STUCK_WAIT_MS = 30_000

type Hits = Record<string, number>

/** What Stryker's switches read and write. */
const switches: {
  activeMutant?: string | undefined
  mutantCoverage: { static: Hits; perTest: Record<string, Hits> }
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
} = { mutantCoverage: { static: {}, perTest: {} } }
Object.assign(globalThis, { __stryker__: switches })

/** A test file as loaded, with what its tests reach. */
type TestFile = {
  path: string
  tests: CollectedTest[]
  /** Of each test. */
  reach: Hits[]
  /** What is worked out while the file is loaded. */
  onLoad: Hits
}

// CAST: moneyRun.ts wrote it
const task = JSON.parse(readFileSync(process.env[TASK_VARIABLE] ?? '', 'utf8')) as MutationTask
const steps = new Int32Array(new SharedArrayBuffer(4))

function note(finding: Finding): void {
  appendFileSync(task.journal, `${JSON.stringify(finding)}\n`)
}

/** Ends the process if one step takes more of the processor than any may. */
function watch(): Worker {
  const source = `
    const { workerData: { steps, seconds } } = require('node:worker_threads')
    let seen = -1, since = 0
    setInterval(() => {
      const { user, system } = process.cpuUsage()
      const now = (user + system) / 1e6
      if (Atomics.load(steps, 0) !== seen) [seen, since] = [Atomics.load(steps, 0), now]
      else if (now - since > seconds) process.kill(process.pid, 'SIGKILL')
    }, 500)`
  return new Worker(source, { eval: true, workerData: { steps, seconds: task.stuckSeconds } })
}

async function load(path: string): Promise<CollectedTest[]> {
  vi.resetModules()
  takeTests()
  await import(/* @vite-ignore */ path)
  return takeTests()
}

/** Runs one test. @returns what failed, or nothing */
async function failure(one: CollectedTest): Promise<Error | undefined> {
  Atomics.add(steps, 0, 1)
  const given = new AbortController()
  try {
    await Promise.race([
      one.run(),
      delay(STUCK_WAIT_MS, undefined, { signal: given.signal }).then(() => {
        throw new Error('Hit count limit reached: it waits and waits')
      }),
    ])
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    given.abort()
  }
}

/** Loads a test file and runs its tests without any change. @throws {Error} if one fails */
async function explore(path: string): Promise<TestFile> {
  const coverage = switches.mutantCoverage
  coverage.static = {}
  const tests = await load(path)
  const onLoad = coverage.static
  const reach: Hits[] = []
  for (const one of tests) {
    coverage.perTest = {}
    switches.currentTestId = 'this'
    const failed = await failure(one)
    switches.currentTestId = undefined
    if (failed) throw new Error(`${path}: ${one.name} fails without any change: ${failed.message}`)
    reach.push(coverage.perTest.this ?? {})
  }
  return { path, tests, reach, onLoad }
}

/** Runs a test with a change. @returns whether it noticed, and whether since it would not have ended */
async function notices(one: CollectedTest, id: string, hits: number): Promise<'no' | 'failed' | 'endless'> {
  Object.assign(switches, { activeMutant: id, hitCount: 0, hitLimit: 100 * hits + 10_000 })
  const failed = await failure(one)
  Object.assign(switches, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined })
  if (!failed) return 'no'
  return failed.message.includes('Hit count limit reached') ? 'endless' : 'failed'
}

/**
 * Tries a change on one test file. Where a test fails it is run again without the change: if it fails then too, what the change left
 * behind is at fault, and the file is loaded anew.
 */
async function tryOn(file: TestFile, id: string): Promise<Finding | undefined> {
  if (file.onLoad[id]) return tryOnLoad(file, id)
  for (const [index, hits] of file.reach.entries()) {
    const reached = hits[id]
    if (!reached) continue
    const verdict = async () => {
      const one = file.tests[index]
      return one ? await notices(one, id, reached) : 'no'
    }
    let noticed = await verdict()
    if (noticed === 'no') continue
    const clean = file.tests[index]
    if (clean && (await failure(clean))) {
      file.tests = await load(file.path)
      noticed = await verdict()
      file.tests = await load(file.path)
      if (noticed === 'no') continue
    }
    return { id, status: noticed === 'endless' ? 'timeout' : 'killed', by: clean?.name ?? '' }
  }
}

/** What is worked out while the file is loaded is tried by loading it again, and may be noticed by that alone. */
async function tryOnLoad(file: TestFile, id: string): Promise<Finding | undefined> {
  switches.activeMutant = id
  Atomics.add(steps, 0, 1)
  try {
    const tests = await load(file.path)
    for (const [index, one] of tests.entries()) {
      const noticed = await notices(one, id, 10 * (file.reach[index]?.[id] ?? 0) + 1_000)
      if (noticed !== 'no') return { id, status: noticed === 'endless' ? 'timeout' : 'killed', by: one.name }
    }
  } catch (error) {
    return { id, status: 'killed', by: `loading: ${error instanceof Error ? error.message.split('\n')[0] : error}` }
  } finally {
    switches.activeMutant = undefined
  }
}

async function judge(files: readonly TestFile[], id: string): Promise<Finding> {
  for (const file of files) {
    const found = await tryOn(file, id)
    if (found) return found
  }
  return { id, status: 'survived' }
}

test('a change is noticed', async () => {
  const watcher = watch()
  const files: TestFile[] = []
  for (const path of task.tests) files.push(await explore(path))
  const reaching = files.filter(({ reach, onLoad }) => [...reach, onLoad].some((hits) => Object.keys(hits).length > 0))
  note({ reached: reaching.map(({ path }) => path) })
  for (const id of task.mutants) {
    note({ begun: id })
    note(await judge(reaching, id))
  }
  await watcher.terminate()
})
