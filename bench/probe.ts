/**
 * How many probes a monitor makes per second of one core: GETs of a local endpoint in another process, as production makes them (a
 * connection each, a visitor's headers), against bare `node:http` GETs on kept connections, in turns. By time of this process's CPU, so
 * that a busy machine changes little. `npm run bench:probe [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { probeHttp } from '@tender/monitor'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Row = {
  name: string
  /** Median of the rounds. */
  perCoreSecond: number
  /** By the wall clock, the endpoint's own work included. */
  perSecond: number
  p50Ms: number
  p99Ms: number
}

const ROUNDS = 5
const PER_ROUND = 4_000
const AT_ONCE = 64
const DEADLINE_MS = 300_000

const kept = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

await runBench(
  'probe',
  async (_, stop) => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)])
    const server: ChildProcess = fork(join(import.meta.dirname, 'probeServer.ts'))
    try {
      const [port] = await once(server, 'message', { signal })
      const url = new URL(`http://127.0.0.1:${port}/`)
      return resultOf(
        await measureAll({ 'bare GET, kept connection': () => bareGet(url), visit: () => probe(url, signal) }, signal),
      )
    } finally {
      kept.destroy()
      server.kill()
    }
  },
  { about: 'Visits of an endpoint, as monitors make them, per second of one core.' },
)

async function probe(url: URL, signal: AbortSignal): Promise<void> {
  const { outcome, detail } = await probeHttp(url, { timeoutMs: 10_000, allowPrivate: true }, signal)
  if (outcome !== 'good') throw new Error(detail)
}

async function bareGet(url: URL): Promise<void> {
  const asking = get(url, { agent: kept })
  const [response] = await once(asking, 'response')
  response.resume()
  await once(response, 'end')
}

type Round = { perCoreSecond: number; perSecond: number; tookMs: number[] }

async function measureAll(ways: Record<string, () => Promise<void>>, signal: AbortSignal): Promise<Row[]> {
  const measured = new Map<string, Round[]>()
  for (const [name, way] of Object.entries(ways)) {
    await round(way) // engines compile
    measured.set(name, [])
  }
  for (let n = 0; n < ROUNDS; n++) {
    signal.throwIfAborted()
    for (const [name, way] of Object.entries(ways)) measured.get(name)?.push(await round(way))
  }
  return [...measured].map(([name, rounds]) => {
    const took = rounds.flatMap(({ tookMs }) => tookMs)
    return {
      name,
      perCoreSecond: quantile(
        rounds.map(({ perCoreSecond }) => perCoreSecond),
        0.5,
      ),
      perSecond: quantile(
        rounds.map(({ perSecond }) => perSecond),
        0.5,
      ),
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
    }
  })
}

/** So many, `AT_ONCE` under way at any time. */
async function round(way: () => Promise<void>): Promise<Round> {
  const tookMs: number[] = []
  let left = PER_ROUND
  const [cpu, wallMs] = [process.cpuUsage(), performance.now()]
  const worker = async () => {
    while (left-- > 0) {
      const startedMs = performance.now()
      await way()
      tookMs.push(performance.now() - startedMs)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const { user, system } = process.cpuUsage(cpu)
  return {
    perCoreSecond: PER_ROUND / ((user + system) / 1e6),
    perSecond: PER_ROUND / ((performance.now() - wallMs) / 1000),
    tookMs,
  }
}

function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function resultOf(rows: readonly Row[]): BenchResult {
  const [bare] = rows
  return {
    bench: 'probe',
    title: 'Visits by monitors',
    question:
      'Visits of a local endpoint in another process, as monitors make them (a connection each, a browser’s headers), against bare `node:http` GETs on kept connections, in turns; by this process’s processor time. The goal is 2,000.',
    tables: [
      {
        title: 'Requests',
        columns: [
          { key: 'name', label: '' },
          { key: 'perCoreSecond', label: 'in a second of a core', digits: 0 },
          { key: 'ratio', label: 'ratio', digits: 2 },
          { key: 'perSecond', label: 'in a second by the clock', digits: 0 },
          { key: 'p50Ms', label: 'p50', unit: 'ms', digits: 1 },
          { key: 'p99Ms', label: 'p99', unit: 'ms', digits: 1 },
        ],
        rows: rows.map((row) => ({ ...row, ratio: row.perCoreSecond / (bare?.perCoreSecond ?? Number.NaN) })),
        note: `Medians of ${ROUNDS} rounds of ${PER_ROUND}, ${AT_ONCE} at once, which is why each takes long.`,
      },
    ],
    charts: [{ title: 'Requests in a second of a core', table: 0, kind: 'bar', x: 'name', y: 'perCoreSecond' }],
  }
}
