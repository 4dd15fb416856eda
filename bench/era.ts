/**
 * An era by the number of leases and of monitors: computing its report (processor time, peak memory, size of proofs), and what posting,
 * claiming, settling and disputing cost on a chain. `npm run bench:era [-- --json] [-- --leases 1000000]`
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startChain } from '@tender/localchain'
import { type MarketSize, writeMarket } from './era/market.ts'
import type { EraRun } from './era/run.ts'
import { claimsTable, eraCharts, posts, proofsTable, sizesTable } from './era/tables.ts'
import { createBench } from './gas/chain.ts'
import type { ReportPlan } from './gas/reports.ts'
import { measureReports, type Row } from './gas/scenarios.ts'
import { runBench } from './report/runBench.ts'

export type EraRow = MarketSize & EraRun & { totalSeconds: number }

/** A run of a million leases takes a minute or two. */
const DEADLINE_MS = 20 * 60_000
const MONITORS = 50
/** A hundred leases to a provider. */
const SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000].map((leases) => sizeOf(leases, MONITORS))
/** As many as a market can have, and fewer, with the same leases. */
const MONITOR_SIZES = [8, 25, 128].map((monitors) => sizeOf(10_000, monitors))
const REPORTED_BY = [4, 16, 32, 64, 128]

function sizeOf(leases: number, monitors: number): MarketSize {
  return { providers: leases / 100, leases, monitors }
}

async function measureEra(size: MarketSize, signal: AbortSignal): Promise<EraRow> {
  signal.throwIfAborted()
  console.error(`${size.leases} leases, ${size.monitors} monitors`)
  const directory = await mkdtemp(join(tmpdir(), 'tender-era-'))
  try {
    await writeMarket(directory, size)
    const script = join(import.meta.dirname, 'era/run.ts')
    const options = { timeout: DEADLINE_MS, signal }
    const { stdout } = await promisify(execFile)(process.execPath, [script, directory], options)
    const run: EraRun = JSON.parse(stdout)
    const { open, compute, tree } = run.seconds
    return { ...size, ...run, totalSeconds: open + compute + tree }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measureGas(leaves: number, signal: AbortSignal): Promise<Row[]> {
  console.error(`gas of reports by up to ${REPORTED_BY.at(-1)} monitors`)
  const sizes = [10, 1_000, leaves].map((count) => ({ name: String(count), leaves: count }))
  const plan: ReportPlan = { monitors: REPORTED_BY, sizes }
  const chain = await startChain({ signal })
  try {
    return await measureReports(createBench(chain, signal), chain, plan)
  } finally {
    await chain.stop()
  }
}

await runBench(
  'era',
  async ({ leases }, signal) => {
    const byLeases: EraRow[] = []
    for (const size of SIZES) if (size.leases <= leases) byLeases.push(await measureEra(size, signal))
    const byMonitors: EraRow[] = []
    for (const size of MONITOR_SIZES) if (size.leases <= leases) byMonitors.push(await measureEra(size, signal))
    const gas = await measureGas(leases, signal)
    return {
      bench: 'era',
      title: 'An era’s report',
      question:
        'Computing a report from packed bytes to its root, and gas of posting it and of what follows from it, by the number of leases and of monitors; a report’s gas must not depend on leases.',
      tables: [
        sizesTable(byLeases, 'By leases, with 50 monitors, five of which watch each lease'),
        sizesTable(byMonitors, 'By monitors, with 10,000 leases'),
        posts(gas),
        claimsTable(gas),
        proofsTable(byLeases),
      ],
      charts: eraCharts,
    }
  },
  {
    about: 'Computation and gas of an era, by leases and monitors. A million leases take some four minutes and 2 GiB.',
    options: { leases: { default: 100_000, about: 'leases of the largest market' } },
  },
)
