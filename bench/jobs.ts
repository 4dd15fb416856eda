/**
 * What proving, judging and starting cost. The same tasks of the example that throws darts are run in turns as a job by a provider, in a
 * process of its own, on a real market; by the driver alone; and, empty ones, each in a process that has the module and nothing else. A job
 * counts from its `begin` to its `submit` on the chain, transactions included. Then a job is judged by validators, each a process of its own.
 * `npm run bench:jobs [-- --json] [-- --quick]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startJobMarket } from './jobs/market.ts'
import {
  calibrate,
  type JudgingOptions,
  type JudgingRow,
  measureIdle,
  measureJudging,
  measureSizes,
  type Size,
  type SizeRow,
  startBare,
} from './jobs/measure.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult, BenchTable } from './report/types.ts'

const AT_ONCE = 2

const proved = ['driver', 'provider'] as const
const whole: { rounds: number; sizes: Size[]; judging: JudgingOptions } = {
  rounds: 3,
  sizes: [
    { seconds: 0, tasks: 24, ways: ['plain', ...proved] },
    { seconds: 0.1, tasks: 16, ways: proved },
    { seconds: 1, tasks: 8, ways: proved },
    { seconds: 5, tasks: 4, ways: proved },
  ],
  judging: { seconds: 1, tasks: 20, validators: 3, samples: [1, 4] },
}
const quick: typeof whole = {
  rounds: 1,
  sizes: [
    { seconds: 0, tasks: 8, ways: ['plain', ...proved] },
    { seconds: 1, tasks: 4, ways: proved },
  ],
  judging: { seconds: 1, tasks: 5, validators: 3, samples: [1] },
}

await runBench('jobs', ({ quick: isQuick }, signal) => measure(isQuick ? quick : whole, signal), {
  about: 'What proving, judging and starting tasks cost.',
  options: { quick: { default: false, about: 'one round of fewer tasks: says whether it works, not how fast it is' } },
})

async function measure({ rounds, sizes, judging: judged }: typeof whole, signal: AbortSignal): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  const cleanups: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const bare = startBare()
    cleanups.push(() => bare.kill())
    const market = await startJobMarket(folder, cleanups)
    const module = join(import.meta.dirname, '../examples/montecarlo/montecarlo.wasm')
    const bench = { folder, module, market, bare, atOnce: AT_ONCE }
    const dartsPerSecond = await calibrate(bench)
    // So that each process has done everything once.
    const first: Size = { seconds: 0, tasks: 2, ways: ['plain', ...proved] }
    await measureSizes(bench, { sizes: [first], rounds: 1, dartsPerSecond, idle: 0 })
    signal.throwIfAborted()
    const idle = await measureIdle(bench)
    const measured = await measureSizes(bench, { sizes, rounds, dartsPerSecond, idle })
    signal.throwIfAborted()
    const judging = await measureJudging(bench, { ...judged, dartsPerSecond })
    return resultOf(idle, measured, judging)
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

function resultOf(idle: number, sizes: readonly SizeRow[], judging: readonly JudgingRow[]): BenchResult {
  return {
    bench: 'jobs',
    title: 'Proving and judging jobs',
    question:
      'The same tasks of the example that throws darts run as a job by a provider on a real market, from `begin` to `submit` on the chain; by the driver alone; and, empty ones, each in a process that has the module and nothing else. Proving may take 5 % of tasks of a second or more.',
    tables: [sizesTable(idle, sizes), provingTable(sizes), judgingTable(judging)],
    charts: [
      {
        title: 'Processor time of a task, in ms',
        table: 0,
        kind: 'bar',
        x: 'task',
        y: 'each',
        series: 'way',
        log: 'y',
      },
      { title: 'Judging, in per cent of the work', table: 2, kind: 'bar', x: 'sample', y: 'share' },
    ],
  }
}

function nameOf({ seconds }: { seconds: number }): string {
  return seconds === 0 ? 'empty' : `${seconds} s`
}

function sizesTable(idle: number, sizes: readonly SizeRow[]): BenchTable {
  return {
    title: 'Running tasks',
    columns: [
      { key: 'task', label: 'task' },
      { key: 'tasks', label: 'tasks' },
      { key: 'way', label: 'run by' },
      { key: 'wall', label: 'by the clock', unit: 's', digits: 2 },
      { key: 'processor', label: 'processor, all', unit: 's', digits: 2 },
      { key: 'own', label: 'of it who runs them', unit: 's', digits: 2 },
      { key: 'each', label: 'processor for one', unit: 'ms', digits: 0 },
      { key: 'tasksPerSecond', label: 'tasks a second', digits: 2 },
    ],
    rows: sizes.flatMap(({ seconds, tasks, ways }) =>
      ways.map((row) => ({ ...row, task: nameOf({ seconds }), tasks, each: (1000 * row.processor) / tasks })),
    ),
    note: `${AT_ONCE} tasks at once. Without a job the provider uses ${Math.round(idle * 1000)} ms of the processor a second, which is no part of proving.`,
  }
}

function provingTable(sizes: readonly SizeRow[]): BenchTable {
  return {
    title: 'Proving, in per cent of what the driver alone takes',
    columns: [
      { key: 'task', label: 'task' },
      { key: 'processor', label: 'of the processor', unit: '%', digits: 1 },
      { key: 'wall', label: 'of the clock', unit: '%', digits: 1 },
    ],
    rows: sizes.map(({ seconds, proving }) => {
      return { task: nameOf({ seconds }), processor: 100 * proving.processor, wall: 100 * proving.wall }
    }),
  }
}

function judgingTable(judging: readonly JudgingRow[]): BenchTable {
  return {
    title: 'Judging',
    columns: [
      { key: 'sample', label: 'sample' },
      { key: 'validators', label: 'validators' },
      { key: 'wallOfOne', label: 'a validator, by the clock', unit: 's', digits: 1 },
      { key: 'share', label: 'share of the work', unit: '%', digits: 1 },
      { key: 'expected', label: 'sample · validators / tasks', unit: '%', digits: 1 },
    ],
    rows: judging.map(({ sample, tasks, validators, wallOfOne, share, expected }) => {
      const of = `${sample} of ${tasks}`
      return { sample: of, validators, wallOfOne, share: 100 * share, expected: 100 * expected }
    }),
    note: 'Each validator is a process of its own that knows nothing yet; the shares are of the processor.',
  }
}
