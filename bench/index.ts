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
import { parseArgs, promisify } from 'node:util'
import { postgresPrograms, startTemporaryPostgres } from '@tender/gateway/temporaryPostgres'
import type { IndexJob, IndexRun } from './index/run.ts'

/** A million events take minutes on a small machine. */
const DEADLINE_MS = 60 * 60_000

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, events: { type: 'string', default: '1000000' } },
})
const source = await startSource(values.events)
const runs: IndexRun[] = []
try {
  runs.push(await embedded(source.job))
  if (postgresPrograms) runs.push(await served(source.job))
  else console.error('PostgreSQL is not installed: only the embedded database is measured')
} finally {
  source.stop()
}
if (values.json) console.log(JSON.stringify(runs))
else printTable(runs)

async function startSource(events: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'index/source.ts'), events], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const job: IndexJob = JSON.parse(line)
  return { job, stop: () => child.kill() }
}

async function embedded(job: IndexJob): Promise<IndexRun> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-index-'))
  try {
    return await measure({ ...job, directory })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function served(job: IndexJob): Promise<IndexRun> {
  const server = await startTemporaryPostgres()
  try {
    return await measure({ ...job, databaseUrl: await server.createDatabase() })
  } finally {
    await server.stop()
  }
}

async function measure(job: IndexJob): Promise<IndexRun> {
  const script = join(import.meta.dirname, 'index/run.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(job)], {
    timeout: DEADLINE_MS,
  })
  return JSON.parse(stdout)
}

function printTable(all: readonly IndexRun[]): void {
  console.log('A made-up chain with real, encoded events; everything else is what a gateway runs.')
  console.log('database      events     time   events/s   processor   peak')
  for (const { database, events, seconds, processorSeconds, peakBytes } of all) {
    console.log(
      [
        database.padEnd(8),
        String(events).padStart(11),
        `${seconds.toFixed(0)} s`.padStart(8),
        String(Math.round(events / seconds)).padStart(10),
        `${processorSeconds.toFixed(0)} s`.padStart(11),
        `${(peakBytes / 2 ** 20).toFixed(0)} MiB`.padStart(8),
      ].join(' '),
    )
  }
}
