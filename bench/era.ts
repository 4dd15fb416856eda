/**
 * Computing an era's report: processor time, peak memory and the size of proofs, for markets of three sizes with 50 monitors. The
 * largest has 10,000 providers and 1,000,000 leases. `npm run bench:era [-- --json] [-- --leases 100000]`
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type MarketSize, writeMarket } from './era/market.ts'
import type { EraRun } from './era/run.ts'

type Row = MarketSize & EraRun & { totalSeconds: number }

/** A run of a million leases takes a minute or two. */
const DEADLINE_MS = 20 * 60_000
const SIZES: readonly MarketSize[] = [
  { providers: 100, leases: 10_000, monitors: 50 },
  { providers: 1_000, leases: 100_000, monitors: 50 },
  { providers: 10_000, leases: 1_000_000, monitors: 50 },
]

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, leases: { type: 'string', default: '1000000' } },
})
const rows: Row[] = []
for (const size of SIZES.filter(({ leases }) => leases <= Number(values.leases))) rows.push(await measure(size))
if (values.json) console.log(JSON.stringify(rows))
else printTable(rows)

async function measure(size: MarketSize): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-era-'))
  try {
    await writeMarket(directory, size)
    const script = join(import.meta.dirname, 'era/run.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [script, directory], { timeout: DEADLINE_MS })
    const run: EraRun = JSON.parse(stdout)
    const { open, compute, tree } = run.seconds
    return { ...size, ...run, totalSeconds: open + compute + tree }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function printTable(all: readonly Row[]): void {
  console.log('providers    leases   input   hash   open  compute   tree  state   total     peak   proof  multiproof')
  for (const { providers, leases, inputBytes, seconds, totalSeconds, peakBytes, ...proofs } of all) {
    const { hash, open, compute, tree, state } = seconds
    console.log(
      [
        String(providers).padStart(9),
        String(leases).padStart(9),
        `${(inputBytes / 2 ** 20).toFixed(0)} MiB`.padStart(7),
        ...[hash, open, compute, tree, state, totalSeconds].map((value) => `${value.toFixed(1)} s`.padStart(6)),
        `${(peakBytes / 2 ** 20).toFixed(0)} MiB`.padStart(8),
        `${proofs.proofHashes} hashes`.padStart(9),
        `${proofs.multiproofHashes} hashes for ${proofs.multiproofLeases} leases`,
      ].join(' '),
    )
  }
}
