/**
 * Reading a market's whole past into the gateway's database, embedded and PostgreSQL: events per second and peak memory. The chain is
 * made up (a node that invents blocks, with events encoded as the contracts encode them); all else is what a gateway runs.
 * `npm run bench:index [-- --json] [-- --events 1000000]`
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { postgresPrograms, startTemporaryPostgres } from '@tender/gateway/temporaryPostgres'
import type { IndexJob, IndexRun } from './index/run.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

/** A million events take minutes on a small machine. */
const DEADLINE_MS = 60 * 60_000

await runBench(
  'index',
  async ({ events }, signal) => {
    const source = await startSource(events)
    try {
      const runs: IndexRun[] = [await embedded(source.job, signal)]
      if (postgresPrograms) runs.push(await served(source.job, signal))
      else console.error('PostgreSQL is not installed: only the embedded database is measured')
      return resultOf(runs)
    } finally {
      source.stop()
    }
  },
  {
    about: 'A gateway’s backfill of a made-up chain, into the embedded database and into PostgreSQL.',
    options: { events: { default: 200_000, about: 'events of the chain' } },
  },
)

async function startSource(events: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'index/source.ts'), String(events)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const job: IndexJob = JSON.parse(line)
  return { job, stop: () => child.kill() }
}

async function embedded(job: IndexJob, signal: AbortSignal): Promise<IndexRun> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-index-'))
  try {
    return await measure({ ...job, directory }, signal)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function served(job: IndexJob, signal: AbortSignal): Promise<IndexRun> {
  const server = await startTemporaryPostgres()
  try {
    return await measure({ ...job, databaseUrl: await server.createDatabase() }, signal)
  } finally {
    await server.stop()
  }
}

async function measure(job: IndexJob, signal: AbortSignal): Promise<IndexRun> {
  const script = join(import.meta.dirname, 'index/run.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(job)], {
    timeout: DEADLINE_MS,
    signal,
  })
  return JSON.parse(stdout)
}

function resultOf(runs: readonly IndexRun[]): BenchResult {
  return {
    bench: 'index',
    title: 'Reading a market’s past',
    question:
      'A gateway’s backfill from an empty database to the last block, over HTTP from a node that makes its blocks up: leases that open, are paid for and end, encoded as the contracts encode them; the embedded database against PostgreSQL.',
    tables: [
      {
        title: 'Backfill',
        columns: [
          { key: 'database', label: 'database' },
          { key: 'events', label: 'events' },
          { key: 'seconds', label: 'by the clock', unit: 's', digits: 0 },
          { key: 'processorSeconds', label: 'processor', unit: 's', digits: 0 },
          { key: 'rate', label: 'events in a second of the processor', digits: 0 },
          { key: 'peak', label: 'peak memory', unit: 'MiB', digits: 0 },
        ],
        rows: runs.map(({ database, events, seconds, processorSeconds, peakBytes }) => {
          return {
            database,
            events,
            seconds,
            processorSeconds,
            rate: events / processorSeconds,
            peak: peakBytes / 2 ** 20,
          }
        }),
        note: 'The processor’s time is that of the gateway’s process; PostgreSQL’s own processes come on top.',
      },
    ],
    charts: [{ title: 'Events in a second of the processor', table: 0, kind: 'bar', x: 'database', y: 'rate' }],
  }
}
