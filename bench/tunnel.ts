/**
 * What a tunnel costs: throughput, latency, opening and processor time of a direct socket, of a tunnel over a direct connection, and of
 * one over a relay. Workload, providers, relay and tenant are processes of their own on the loopback; the three take turns, so that a
 * busy machine slows all. `npm run bench:tunnel [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { createNetworkNode, type NetworkNode, openTunnel } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import { generatePrivateKey } from 'viem/accounts'
import { common } from './loopbackNode.ts'
import { median, quantile } from './quantile.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'
import { lease, type Role } from './tunnelPeer.ts'

type Open = () => Promise<Duplex>
type Samples = { speeds: number[]; cpuMsPerMib: number[]; pings: number[]; openings: number[] }

const ROUNDS = 5
const DOWNLOAD_BYTES = 64 * 2 ** 20
const PINGS = 2_000
const OPENINGS = 200
const DEADLINE_MS = 300_000

await runBench('tunnel', measure, { about: 'A tunnel, direct and over a relay, against a direct socket.' })

async function measure(_options: object, signal: AbortSignal): Promise<BenchResult> {
  const children: ChildProcess[] = []
  const tenant = await createNetworkNode({ ...common, privateKey: generatePrivateKey(), listen: [] })
  try {
    return resultOf(await measureAll(await startAll(tenant, children), children, signal))
  } finally {
    await tenant.stop()
    for (const child of children) child.kill()
  }
}

/** The ways to the workload, the floor first. */
async function startAll(tenant: NetworkNode, children: ChildProcess[]): Promise<Record<string, Open>> {
  await tenant.start()
  const start = <Told>(role: Role) => startChild<Told>(role, children)
  const { port } = await start<{ port: number }>({ role: 'workload' })
  const relay = await start<Dialable>({ role: 'relay' })
  const provider = { role: 'provider', agent: tenant.address, workloadPort: port } as const
  const direct = await start<Dialable>({ ...provider, relays: [] })
  const hidden = await start<Dialable>({ ...provider, relays: relay.addresses })
  const tunnelTo = (peer: Dialable) => () =>
    openTunnel(tenant, peer, { lease, service: 'web', port: 80 }, AbortSignal.timeout(DEADLINE_MS))
  return {
    'direct socket': async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      await once(socket, 'connect')
      return socket
    },
    tunnel: tunnelTo(direct),
    'tunnel over a relay': tunnelTo(hidden),
  }
}

async function startChild<Told>(role: Role, children: ChildProcess[]): Promise<Told> {
  const child = fork(join(import.meta.dirname, 'tunnelPeer.ts'), [JSON.stringify(role)])
  children.push(child)
  const [told] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  return told
}

async function measureAll(
  ways: Record<string, Open>,
  children: readonly ChildProcess[],
  signal: AbortSignal,
): Promise<Map<string, Samples>> {
  const measured = new Map<string, Samples>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, open] of Object.entries(ways)) {
      signal.throwIfAborted()
      if (round === 0) await download(open) // engines compile
      const samples = measured.get(name) ?? { speeds: [], cpuMsPerMib: [], pings: [], openings: [] }
      measured.set(name, samples)
      const before = await cpuMs(children)
      samples.speeds.push(await download(open))
      samples.cpuMsPerMib.push(((await cpuMs(children)) - before) / (DOWNLOAD_BYTES / 2 ** 20))
      samples.pings.push(...(await ping(open, PINGS / ROUNDS)))
      for (let n = 0; n < OPENINGS / ROUNDS; n++) samples.openings.push(await opening(open))
    }
  }
  return measured
}

/** What all processes, this one too, have used until now. */
async function cpuMs(children: readonly ChildProcess[]): Promise<number> {
  const used = children.map(async (child): Promise<NodeJS.CpuUsage> => {
    const told = once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.send('cpu')
    return (await told)[0]
  })
  const all = [process.cpuUsage(), ...(await Promise.all(used))]
  return all.reduce((sum, { user, system }) => sum + user + system, 0) / 1000
}

function resultOf(measured: ReadonlyMap<string, Samples>): BenchResult {
  const [floor] = measured.values()
  return {
    bench: 'tunnel',
    title: 'Tunnels',
    question: 'What a tunnel to a workload costs, direct and over a relay, against a direct socket.',
    tables: [
      {
        title: 'Ways to a workload',
        columns: [
          { key: 'way', label: 'way' },
          { key: 'mibPerSecond', label: 'download', unit: 'MiB/s', digits: 0 },
          { key: 'ratio', label: 'ratio', digits: 2 },
          { key: 'cpuMsPerMib', label: 'processor time', unit: 'ms/MiB', digits: 2 },
          { key: 'p50Ms', label: 'one byte there and back, p50', unit: 'ms', digits: 3 },
          { key: 'p99Ms', label: 'p99', unit: 'ms', digits: 2 },
          { key: 'addedMs', label: 'added', unit: 'ms', digits: 3 },
          { key: 'openMs', label: 'opening', unit: 'ms', digits: 2 },
        ],
        rows: [...measured].map(([way, { speeds, cpuMsPerMib, pings, openings }]) => ({
          way,
          mibPerSecond: median(speeds),
          ratio: median(speeds) / median(floor?.speeds ?? []),
          cpuMsPerMib: median(cpuMsPerMib),
          p50Ms: median(pings),
          p99Ms: quantile(pings, 0.99),
          addedMs: median(pings) - median(floor?.pings ?? []),
          openMs: median(openings),
        })),
        note: `Medians of ${ROUNDS} downloads of ${DOWNLOAD_BYTES / 2 ** 20} MiB, ${PINGS} bytes there and back and ${OPENINGS} openings, each with a byte there and back. Processor time is that of all processes together.`,
      },
    ],
    charts: [{ title: 'Download, MiB/s', table: 0, kind: 'bar', x: 'way', y: 'mibPerSecond' }],
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
