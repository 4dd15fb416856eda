/**
 * What proving, judging and starting cost. The same tasks of the example that throws darts are run in turns as a job by a provider, in a
 * process of its own, on a real market; by the driver alone; and, empty ones, each in a process that has the module and nothing else. A job
 * counts from its `begin` to its `submit` on the chain, transactions included. Then a job is judged by validators, each a process of its own.
 * `npm run bench:jobs [-- --json] [-- --quick]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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

const AT_ONCE = 2
const HELP = `npm run bench:jobs [-- --json] [-- --quick]

  --json   prints { idle, sizes, judging } instead of tables; seconds, and shares of 1
  --quick  one round of fewer tasks: says whether it works, not how fast it is`

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

const boolean = { type: 'boolean', default: false } as const
const { values } = parseArgs({ options: { json: boolean, quick: boolean, help: boolean } })
if (values.help) console.log(HELP)
else await run(values.quick ? quick : whole)

async function run({ rounds, sizes, judging: judged }: typeof whole): Promise<void> {
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
    const idle = await measureIdle(bench)
    const measured = await measureSizes(bench, { sizes, rounds, dartsPerSecond, idle })
    const judging = await measureJudging(bench, { ...judged, dartsPerSecond })
    if (values.json) console.log(JSON.stringify({ idle, sizes: measured, judging }))
    else printTables(idle, measured, judging)
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

function printTables(idle: number, sizes: readonly SizeRow[], judging: readonly JudgingRow[]): void {
  console.log(`${AT_ONCE} tasks at once; seconds of the processor, of all processes and of the one that runs them\n`)
  console.log('task      tasks  way         wall  processor      own  a task    tasks/s')
  for (const { seconds, tasks, ways } of sizes) {
    for (const { way, wall, processor, own, tasksPerSecond } of ways) {
      console.log(
        [
          (seconds === 0 ? 'empty' : `${seconds} s`).padEnd(8),
          String(tasks).padStart(6),
          ` ${way}`.padEnd(10),
          `${wall.toFixed(2)} s`.padStart(8),
          `${processor.toFixed(2)} s`.padStart(10),
          `${own.toFixed(2)} s`.padStart(8),
          `${((processor / tasks) * 1000).toFixed(0)} ms`.padStart(8),
          tasksPerSecond.toFixed(1).padStart(9),
        ].join(' '),
      )
    }
  }
  console.log(
    `\nwith no job a provider uses ${(idle * 1000).toFixed(0)} ms of the processor a second, which is no part of proving\n`,
  )
  console.log('task      proving, of the processor  of the clock')
  for (const { seconds, proving } of sizes) {
    const name = seconds === 0 ? 'empty' : `${seconds} s`
    console.log(`${name.padEnd(8)} ${percent(proving.processor).padStart(26)} ${percent(proving.wall).padStart(13)}`)
  }
  console.log('\nsample  of tasks  validators  one takes  share of the work  sample * validators / tasks')
  for (const { sample, tasks, validators, wallOfOne, share, expected } of judging) {
    console.log(
      [
        String(sample).padStart(6),
        String(tasks).padStart(9),
        String(validators).padStart(11),
        `${wallOfOne.toFixed(1)} s`.padStart(10),
        percent(share).padStart(18),
        percent(expected).padStart(28),
      ].join(' '),
    )
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
