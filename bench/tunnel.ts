/**
 * What a tunnel costs: throughput, latency and opening of a direct socket, of a tunnel over a direct connection, and of one over a
 * relay. Workload, providers, relay and tenant are processes of their own on the loopback; the three take turns, so that a busy
 * machine slows all. `npm run bench:tunnel [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { createNetworkNode, openTunnel } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import { generatePrivateKey } from 'viem/accounts'
import { common } from './loopbackNode.ts'
import { lease, type Role } from './tunnelPeer.ts'

type Open = () => Promise<Duplex>
type Row = {
  name: string
  /** Median of the rounds, of one download. */
  mibPerSecond: number
  /** One byte there and back. */
  p50Ms: number
  p99Ms: number
  /** Opening, one byte there and back, median. */
  openMs: number
  /** Throughput against the direct socket. */
  ratio: number
  /** Added to the direct socket's median latency. */
  addedMs: number
}

const ROUNDS = 5
const DOWNLOAD_BYTES = 64 * 2 ** 20
const PINGS = 2_000
const OPENINGS = 200
const DEADLINE_MS = 300_000

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const children: ChildProcess[] = []
const tenant = await createNetworkNode({ ...common, privateKey: generatePrivateKey(), listen: [] })
try {
  const rows = await measureAll(await startAll())
  if (values.json) console.log(JSON.stringify(rows))
  else printTable(rows)
} finally {
  await tenant.stop()
  for (const child of children) child.kill()
}

/** The ways to the workload, the floor first. */
async function startAll(): Promise<Record<string, Open>> {
  await tenant.start()
  const { port } = await startChild<{ port: number }>({ role: 'workload' })
  const relay = await startChild<Dialable>({ role: 'relay' })
  const provider = { role: 'provider', agent: tenant.address, workloadPort: port } as const
  const direct = await startChild<Dialable>({ ...provider, relays: [] })
  const hidden = await startChild<Dialable>({ ...provider, relays: relay.addresses })
  const tunnelTo = (peer: Dialable) => () =>
    openTunnel(tenant, peer, { lease, service: 'web', port: 80 }, AbortSignal.timeout(DEADLINE_MS))
  return {
    'direct socket': async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      await once(socket, 'connect')
      return socket
    },
    tunnel: tunnelTo(direct),
    'relayed tunnel': tunnelTo(hidden),
  }
}

async function startChild<Told>(role: Role): Promise<Told> {
  const child = fork(join(import.meta.dirname, 'tunnelPeer.ts'), [JSON.stringify(role)])
  children.push(child)
  const [told] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  return told
}

async function measureAll(ways: Record<string, Open>): Promise<Row[]> {
  const measured = new Map<string, { speeds: number[]; pings: number[]; openings: number[] }>()
  for (const [name, open] of Object.entries(ways)) {
    await download(open) // engines compile
    measured.set(name, { speeds: [], pings: [], openings: [] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { speeds, pings, openings }] of measured) {
      const open = ways[name]
      if (!open) throw new Error('no such way')
      speeds.push(await download(open))
      pings.push(...(await ping(open, PINGS / ROUNDS)))
      for (let n = 0; n < OPENINGS / ROUNDS; n++) openings.push(await opening(open))
    }
  }
  const floor = summary([...measured.values()][0])
  return [...measured].map(([name, samples]) => {
    const row = summary(samples)
    return { name, ...row, ratio: row.mibPerSecond / floor.mibPerSecond, addedMs: row.p50Ms - floor.p50Ms }
  })
}

function summary(samples: { speeds: number[]; pings: number[]; openings: number[] } | undefined) {
  const { speeds = [], pings = [], openings = [] } = samples ?? {}
  return {
    mibPerSecond: quantile(speeds, 0.5),
    p50Ms: quantile(pings, 0.5),
    p99Ms: quantile(pings, 0.99),
    openMs: quantile(openings, 0.5),
  }
}

/** MiB per second of one download. */
async function download(open: Open): Promise<number> {
  const stream = await open()
  const startedMs = performance.now()
  stream.end(`s${DOWNLOAD_BYTES}`)
  let bytes = 0
  stream.on('data', (data: Uint8Array) => {
    bytes += data.byteLength
  })
  await once(stream, 'end')
  if (bytes !== DOWNLOAD_BYTES) throw new Error(`${bytes} bytes came`)
  return DOWNLOAD_BYTES / 2 ** 20 / ((performance.now() - startedMs) / 1000)
}

/** Milliseconds of each of so many bytes there and back, one after the other on one connection. */
async function ping(open: Open, count: number): Promise<number[]> {
  const stream = await open()
  stream.write('e')
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const startedMs = performance.now()
    stream.write('x')
    await once(stream, 'data')
    times.push(performance.now() - startedMs)
  }
  stream.destroy()
  return times
}

async function opening(open: Open): Promise<number> {
  const startedMs = performance.now()
  const stream = await open()
  stream.write('ex')
  await once(stream, 'data')
  const tookMs = performance.now() - startedMs
  stream.destroy()
  return tookMs
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function printTable(rows: readonly Row[]): void {
  console.log('way                MiB/s   p50 ms   p99 ms   open ms   ratio   added ms')
  for (const { name, mibPerSecond, p50Ms, p99Ms, openMs, ratio, addedMs } of rows) {
    console.log(
      [
        name.padEnd(15),
        mibPerSecond.toFixed(0).padStart(8),
        p50Ms.toFixed(3).padStart(8),
        p99Ms.toFixed(2).padStart(8),
        openMs.toFixed(2).padStart(9),
        ratio.toFixed(2).padStart(7),
        addedMs.toFixed(3).padStart(10),
      ].join(' '),
    )
  }
}
