import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BareRun } from './bare.ts'
import type { Judging } from './judge.ts'
import type { JobMarket, RanJob } from './market.ts'
import { between, type Span } from './moment.ts'

/**
 * How tasks are run: each in a process that has nothing but the module; by the driver, without proving anything; as a job, by a provider.
 */
export type Way = 'plain' | 'driver' | 'provider'

/** Tasks that each take about so many seconds of the processor. */
export type Size = { seconds: number; tasks: number; ways: readonly Way[] }

/** Medians of the rounds, in seconds. */
export type WayRow = {
  way: Way
  wall: number
  /** Of the processor: all, and of it what the process used that runs the tasks. */
  processor: number
  own: number
  tasksPerSecond: number
}

/**
 * What proving adds to what the driver alone needs, as a share of that. Of the processor without what the provider uses anyway, with no job.
 */
export type SizeRow = Pick<Size, 'seconds' | 'tasks'> & {
  ways: WayRow[]
  proving: { wall: number; processor: number }
}

/** What judging a job took of the processor, as a share of what the job took, with `sample` tasks of `tasks` and so many validators. */
export type JudgingRow = {
  sample: number
  tasks: number
  validators: number
  wallOfOne: number
  share: number
  /** `sample * validators / tasks` */
  expected: number
}

/** With what is measured. `module`: the example that throws darts. */
export type Bench = { folder: string; module: string; market: JobMarket; bare: ChildProcess; atOnce: number }

const DEADLINE_MS = 600_000
/** What is measured longer than this says how many darts a second has. */
const CALIBRATION_SECONDS = 0.5
const IDLE_MS = 15_000

export function startBare(): ChildProcess {
  return fork(join(import.meta.dirname, 'bare.ts'))
}

/** Throws darts until it takes long enough. @returns darts in a second of the processor, what starting a task takes left out */
export async function calibrate(bench: Bench): Promise<number> {
  const of = async (darts: number) => (await runBare(bench, 'driver', { tasks: 1, darts, atOnce: 1 })).children
  const empty = await of(0)
  for (let darts = 1_000_000; ; darts *= 4) {
    const seconds = (await of(darts)) - empty
    if (seconds > CALIBRATION_SECONDS) return darts / seconds
  }
}

/** Seconds of the processor that a provider uses in a second in which it has no job. */
export async function measureIdle({ market }: Bench): Promise<number> {
  const from = await market.moment()
  await sleep(IDLE_MS)
  const { own, wall } = between(from, await market.moment())
  return own / wall
}

/** See {@link calibrate} and {@link measureIdle}. */
export type Measuring = { sizes: readonly Size[]; rounds: number; dartsPerSecond: number; idle: number }

/** Runs the same tasks in each way, in turns. */
export async function measureSizes(
  bench: Bench,
  { sizes, rounds, dartsPerSecond, idle }: Measuring,
): Promise<SizeRow[]> {
  const spans = new Map<string, Span[]>()
  const of = (size: Size, way: Way) => spans.get(`${size.seconds} ${way}`) ?? []
  for (let round = 0; round < rounds; round++) {
    for (const size of sizes) {
      const darts = Math.round(size.seconds * dartsPerSecond)
      const { tasks, ways } = size
      // In the other order every other time, should the machine become busier.
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        const span = await runOne(bench, way, { tasks, darts })
        spans.set(`${size.seconds} ${way}`, [...of(size, way), span])
      }
    }
  }
  return sizes.map((size) => sizeRow(size, (way) => of(size, way), idle))
}

async function runOne(bench: Bench, way: Way, { tasks, darts }: { tasks: number; darts: number }): Promise<Span> {
  const { market, module, atOnce } = bench
  if (way !== 'provider') return runBare(bench, way, { tasks, darts, atOnce })
  const job = await market.run({ module, darts, tasks, atOnce, sample: 1, validators: 1 })
  await market.accept(job)
  return job.span
}

type BareTasks = { tasks: number; darts: number; atOnce: number }

async function runBare({ bare, folder, module }: Bench, way: 'driver' | 'plain', run: BareTasks): Promise<Span> {
  const { tasks, darts, atOnce } = run
  const environment = { DARTS: String(darts) }
  bare.send({ way, module, folder: join(folder, 'bare'), tasks, atOnce, environment } satisfies BareRun)
  return answerOf<Span>(bare)
}

function sizeRow(size: Size, of: (way: Way) => readonly Span[], idle: number): SizeRow {
  const { seconds, tasks, ways } = size
  const rows = ways.map((way) => wayRow(way, tasks, of(way)))
  const provided = of('provider')
  const added = of('driver').map((bare, round) => {
    const { wall = Number.NaN, own = Number.NaN } = provided[round] ?? {}
    // The tasks themselves are the same, so what they take differs by chance only.
    return { wall: wall / bare.wall - 1, processor: (own - idle * wall - bare.own) / (bare.own + bare.children) }
  })
  const proving = {
    wall: median(added.map(({ wall }) => wall)),
    processor: median(added.map(({ processor }) => processor)),
  }
  return { seconds, tasks, ways: rows, proving }
}

function wayRow(way: Way, tasks: number, spans: readonly Span[]): WayRow {
  const wall = median(spans.map((span) => span.wall))
  const processor = median(spans.map(({ own, children }) => own + children))
  return { way, wall, processor, own: median(spans.map(({ own }) => own)), tasksPerSecond: tasks / wall }
}

export type JudgingOptions = { seconds: number; tasks: number; validators: number; samples: readonly number[] }

/** A job, and then its validators, each a process of its own, one after the other, for each size of sample. */
export async function measureJudging(
  bench: Bench,
  { seconds, tasks, validators, samples, dartsPerSecond }: JudgingOptions & { dartsPerSecond: number },
): Promise<JudgingRow[]> {
  const { market, module, atOnce } = bench
  const darts = Math.round(seconds * dartsPerSecond)
  const job = await market.run({ module, darts, tasks, atOnce, sample: Math.max(...samples), validators })
  const work = job.span.own + job.span.children
  const rows: JudgingRow[] = []
  for (const sample of samples) {
    const spans: Span[] = []
    for (let validator = 0; validator < validators; validator++) {
      spans.push(await judge(bench, job, sample, `${sample}-${validator}`))
    }
    const used = spans.reduce((sum, { own, children }) => sum + own + children, 0)
    const wallOfOne = median(spans.map(({ wall }) => wall))
    rows.push({ sample, tasks, validators, wallOfOne, share: used / work, expected: (sample * validators) / tasks })
  }
  await market.accept(job)
  return rows
}

async function judge({ market, folder }: Bench, job: RanJob, sample: number, name: string): Promise<Span> {
  const own = join(folder, 'validators', name)
  await mkdir(own, { recursive: true })
  const child = fork(join(import.meta.dirname, 'judge.ts'), { serialization: 'advanced' })
  try {
    child.send({ ...(await market.judging(job)), sample, folder: own } satisfies Judging)
    return await answerOf<Span>(child)
  } finally {
    child.kill()
  }
}

/** What a process answers; it has said on standard error why it ended, if it did. */
async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const over = new AbortController()
  const ended = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error('a process ended that was to answer')
  })
  try {
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(DEADLINE_MS)])
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended])
    return answer
  } finally {
    over.abort()
    await ended.catch(() => {})
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
