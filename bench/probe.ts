/**
 * How many probes a monitor makes per second of one core: GETs of a local endpoint in another process, as production makes them (a
 * connection each, a visitor's headers), against bare `node:http` GETs on kept connections, in turns. By time of this process's CPU, so
 * that a busy machine changes little. `npm run bench:probe [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { probeHttp } from '@tender/monitor'

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

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const signal = AbortSignal.timeout(DEADLINE_MS)
const server: ChildProcess = fork(join(import.meta.dirname, 'probeServer.ts'))
const kept = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
try {
  const [port] = await once(server, 'message', { signal })
  const url = new URL(`http://127.0.0.1:${port}/`)
  const rows = await measureAll({ 'bare GET, kept connection': () => bareGet(url), probe: () => probe(url) })
  if (values.json) console.log(JSON.stringify(rows))
  else printTable(rows)
} finally {
  kept.destroy()
  server.kill()
}

async function probe(url: URL): Promise<void> {
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

async function measureAll(ways: Record<string, () => Promise<void>>): Promise<Row[]> {
  const measured = new Map<string, Round[]>()
  for (const [name, way] of Object.entries(ways)) {
    await round(way) // engines compile
    measured.set(name, [])
  }
  for (let n = 0; n < ROUNDS; n++) {
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

function printTable(rows: readonly Row[]): void {
  console.log('way                          per core second   per second   p50 ms   p99 ms')
  for (const { name, perCoreSecond, perSecond, p50Ms, p99Ms } of rows) {
    const cells = [perCoreSecond.toFixed(0).padStart(15), perSecond.toFixed(0).padStart(12)]
    console.log([name.padEnd(28), ...cells, p50Ms.toFixed(2).padStart(8), p99Ms.toFixed(2).padStart(8)].join(' '))
  }
}
