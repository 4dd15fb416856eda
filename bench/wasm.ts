/**
 * Requests per second of the hello example through the Wasm driver, each in a fresh instance, against a bare `node:http`
 * server: same run, same client. `npm run bench:wasm [-- --json]`
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createWasmDriver } from '@tender/driver-wasm'
import { generateLoad, type Load, type Measured } from './loadGenerator.ts'

type Target = Pick<Load, 'host' | 'port' | 'headers'>
type Row = { name: string; connections: number } & Measured & { ratio: number }

const REQUESTS = 10_000
/** Enough for the engine to have compiled both servers' hot code. */
const WARM_UP_REQUESTS = 3_000
const DEADLINE_MS = 60_000

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const rows = await withBareServer((bare) => withWasmHandler((wasm) => measure(bare, wasm)))
if (values.json) console.log(JSON.stringify(rows))
else printTable(rows)

/** Alternates the two, so that a busy machine slows both. */
async function measure(bare: Target, wasm: Target): Promise<Row[]> {
  const all: Row[] = []
  for (const target of [bare, wasm]) await generateLoad({ ...target, connections: 16, requests: WARM_UP_REQUESTS })
  for (const connections of [1, 16]) {
    const plain = await generateLoad({ ...bare, connections, requests: REQUESTS })
    const ours = await generateLoad({ ...wasm, connections, requests: REQUESTS })
    all.push({ name: 'node:http', connections, ...plain, ratio: 1 })
    all.push({ name: 'wasm driver', connections, ...ours, ratio: ours.requestsPerSecond / plain.requestsPerSecond })
  }
  return all
}

async function withBareServer<T>(use: (target: Target) => Promise<T>): Promise<T> {
  const child = fork(join(import.meta.dirname, 'bareHello.ts'))
  try {
    const [address] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
    return await use({ host: '127.0.0.1', port: address.port, headers: {} })
  } finally {
    child.kill()
  }
}

async function withWasmHandler<T>(use: (target: Target) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  const driver = createWasmDriver({ stateDir })
  const image = join(import.meta.dirname, '../examples/hello/hello.wasm')
  const handle = await driver.start(
    {
      leaseId: `0x${'00'.repeat(32)}`,
      services: [
        { name: 'hello', shape: 'http', image: { kind: 'file', path: image }, args: [], environment: {}, replicas: 1 },
      ],
      limits: { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 0 },
    },
    AbortSignal.timeout(DEADLINE_MS),
  )
  try {
    const [endpoint] = await driver.endpoints(handle)
    if (!endpoint) throw new Error('it serves nothing')
    return await use(endpoint)
  } finally {
    await driver.destroy(handle)
    await rm(stateDir, { recursive: true, force: true })
  }
}

function printTable(all: readonly Row[]): void {
  console.log('server        connections   requests/s   p50 ms   p99 ms   failures   ratio')
  for (const { name, connections, requestsPerSecond, p50Ms, p99Ms, failures, ratio } of all) {
    console.log(
      [
        name.padEnd(12),
        String(connections).padStart(12),
        requestsPerSecond.toFixed(0).padStart(12),
        p50Ms.toFixed(2).padStart(8),
        p99Ms.toFixed(2).padStart(8),
        String(failures).padStart(10),
        ratio.toFixed(2).padStart(7),
      ].join(' '),
    )
  }
}
