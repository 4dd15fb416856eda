/**
 * Requests per second of the hello example through the Wasm driver, each in a fresh instance, against a bare `node:http` server and
 * against the bare engine, which instantiates and calls the same module without anything around it; and how soon each answers first.
 * `npm run bench:wasm [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { type BareWasm, hello } from './bareWasm.ts'
import { generateLoad, type Measured, type Target } from './loadGenerator.ts'
import { median } from './quantile.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Row = { way: string; connections: number } & Measured & { ratio: number }

const REQUESTS = 10_000
/** Enough for the engine to have compiled both servers' hot code. */
const WARM_UP_REQUESTS = 3_000
const COLD_ROUNDS = 7
const DEADLINE_MS = 60_000

await runBench('wasm', measure, {
  about: 'Requests in Wasm, and cold starts, against bare servers and the bare engine.',
})

async function measure(_options: object, signal: AbortSignal): Promise<BenchResult> {
  const bareEngine = await ofChild<BareWasm>('bareWasm.ts', async ({ told }) => told)
  const rows = await ofChild<{ port: number }, Row[]>('bareHello.ts', ({ told: { port } }) =>
    withWasmHandler((wasm) => measureLoad({ host: '127.0.0.1', port, headers: {} }, wasm, signal)),
  )
  return resultOf(bareEngine, rows, await measureCold(signal))
}

/** Alternates the two, so that a busy machine slows both. */
async function measureLoad(bare: Target, wasm: Target, signal: AbortSignal): Promise<Row[]> {
  const all: Row[] = []
  for (const target of [bare, wasm]) await generateLoad({ ...target, connections: 16, requests: WARM_UP_REQUESTS })
  for (const connections of [1, 16]) {
    signal.throwIfAborted()
    const plain = await generateLoad({ ...bare, connections, requests: REQUESTS })
    const ours = await generateLoad({ ...wasm, connections, requests: REQUESTS })
    all.push({ way: 'node:http', connections, ...plain, ratio: 1 })
    all.push({ way: 'Wasm driver', connections, ...ours, ratio: ours.requestsPerSecond / plain.requestsPerSecond })
  }
  return all
}

/** Milliseconds until each way has answered once, from nothing. */
async function measureCold(signal: AbortSignal): Promise<{ bareServer: number[]; driver: number[] }> {
  const cold = { bareServer: [] as number[], driver: [] as number[] }
  for (let round = 0; round < COLD_ROUNDS; round++) {
    signal.throwIfAborted()
    const startedMs = performance.now()
    await ofChild<{ port: number }, void>('bareHello.ts', async ({ told: { port } }) => {
      await askOnce({ host: '127.0.0.1', port, headers: {} })
      cold.bareServer.push(performance.now() - startedMs)
    })
    await withWasmHandler(async (target, startMs) => {
      await askOnce(target)
      cold.driver.push(performance.now() - startMs)
    })
  }
  return cold
}

async function askOnce(target: Target): Promise<void> {
  const { failures } = await generateLoad({ ...target, connections: 1, requests: 1 })
  if (failures > 0) throw new Error('it did not answer with 200')
}

type Child<Told> = { child: ChildProcess; told: Told }

/** Runs a file as a process of its own for as long as it is used, from when it has told something. */
async function ofChild<Told, Result = Told>(
  file: string,
  use: (child: Child<Told>) => Promise<Result>,
): Promise<Result> {
  const child = fork(join(import.meta.dirname, file), { execArgv: ['--no-warnings'] })
  try {
    const [told] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
    return await use({ child, told })
  } finally {
    child.kill()
  }
}

async function withWasmHandler<T>(use: (target: Target, startMs: number) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  const driver = createWasmDriver({ stateDir })
  const startMs = performance.now()
  const handle = await driver.start(
    {
      leaseId: `0x${'00'.repeat(32)}`,
      services: [
        { name: 'hello', shape: 'http', image: { kind: 'file', path: hello }, args: [], environment: {}, replicas: 1 },
      ],
      limits: { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 0 },
    },
    AbortSignal.timeout(DEADLINE_MS),
  )
  try {
    const [endpoint] = await driver.endpoints(handle)
    if (!endpoint) throw new Error('it serves nothing')
    return await use(endpoint, startMs)
  } finally {
    await driver.destroy(handle)
    await rm(stateDir, { recursive: true, force: true })
  }
}

function resultOf(
  engine: BareWasm,
  rows: readonly Row[],
  { bareServer, driver }: { bareServer: readonly number[]; driver: readonly number[] },
): BenchResult {
  const cold = [
    { way: 'the engine alone: compile, instantiate, call', ms: engine.coldMs },
    { way: 'a bare node:http server: process to first answer', ms: median(bareServer) },
    { way: 'the Wasm driver: start to first answer', ms: median(driver) },
  ]
  return {
    bench: 'wasm',
    title: 'Wasm workloads',
    question:
      'What a request costs that gets a fresh instance, against a bare HTTP server and a bare WebAssembly call.',
    tables: [
      {
        title: 'Requests',
        columns: [
          { key: 'way', label: 'way' },
          { key: 'connections', label: 'connections' },
          { key: 'requestsPerSecond', label: 'requests', unit: '1/s', digits: 0 },
          { key: 'ratio', label: 'ratio', digits: 2 },
          { key: 'p50Ms', label: 'p50', unit: 'ms', digits: 2 },
          { key: 'p99Ms', label: 'p99', unit: 'ms', digits: 2 },
          { key: 'failures', label: 'failures' },
        ],
        rows: rows.map((row) => ({ ...row, connections: String(row.connections) })),
        note: `${REQUESTS} requests each, by one client. The engine alone, in a thread of nothing else, instantiates and calls the same module ${engine.callsPerSecond.toFixed(0)} times a second (${(1e6 / engine.callsPerSecond).toFixed(0)} µs each, of which instantiating takes ${engine.instantiateUs.toFixed(0)} µs).`,
      },
      {
        title: 'Cold start',
        columns: [
          { key: 'way', label: 'way' },
          { key: 'ms', label: 'until it has answered', unit: 'ms', digits: 1 },
        ],
        rows: cold,
        note: `Medians of ${COLD_ROUNDS}.`,
      },
    ],
    charts: [
      { title: 'Requests per second', table: 0, kind: 'bar', x: 'connections', y: 'requestsPerSecond', series: 'way' },
      { title: 'Cold start, ms', table: 1, kind: 'bar', x: 'way', y: 'ms' },
    ],
  }
}
