/**
 * What a provider's public ingress costs: requests, downloads and connections that change their protocol, plain and over TLS, against the
 * workload's own server, which needs no ingress. Workload and ingress are processes of their own on the loopback; the ways take turns, so
 * that a busy machine slows all. `npm run bench:ingress [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestAuthority } from '@tender/ingress/testCertificates'
import { BYTES_PATH, type Certificate, type Listening, type Role } from './ingressPeer.ts'
import { connectTo, generateLoad, type Measured, type Target } from './loadGenerator.ts'
import { median, quantile } from './quantile.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Way = Target & {
  name: string
  /** Name of the way without an ingress. */
  floor: string
  /** False: it passes no other protocol on. */
  upgrades?: false
}

/** Of one way. */
type Sample = {
  /** By how many connections there were. */
  load: Map<number, (Measured & { cpuMs: number })[]>
  mibPerSecond: number[]
  cpuMsPerMib: number[]
  echoMs: number[]
}

const HOST = 'lease.example.org'
const ROUNDS = 5
const CONNECTIONS = [1, 16]
const REQUESTS = 4_000
const WARM_UP_REQUESTS = 2_000
const DOWNLOAD_BYTES = 64 * 2 ** 20
const ECHOES = 500
const DEADLINE_MS = 300_000

await runBench('ingress', measure, { about: 'A provider’s public ingress against the workload’s own server.' })

async function measure(_options: object, signal: AbortSignal): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  const children: ChildProcess[] = []
  try {
    const { ways, root } = await startAll(folder, children)
    const samples = new Map<string, Sample>()
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of ways) {
        signal.throwIfAborted()
        const target = { ...way, ca: root }
        if (round === 0) await generateLoad({ ...target, connections: 16, requests: WARM_UP_REQUESTS }) // engines compile
        await measureWay(target, samples, children)
      }
    }
    return resultOf(ways, samples)
  } finally {
    for (const child of children) child.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

async function startAll(folder: string, children: ChildProcess[]): Promise<{ ways: Way[]; root: string }> {
  const authority = await createTestAuthority()
  const certificate: Certificate = {
    ...(await authority.issue(HOST)),
    certFile: join(folder, 'cert.pem'),
    keyFile: join(folder, 'key.pem'),
  }
  await writeFile(certificate.certFile, certificate.chain)
  await writeFile(certificate.keyFile, certificate.key, { mode: 0o600 })
  const workload = await startChild({ role: 'workload', certificate }, children)
  const before = { role: 'ingress', host: HOST, workloadPort: workload.plain, certificate } as const
  const ingress = await startChild(before, children)
  const proxy = await startChild({ role: 'proxy', workloadPort: workload.plain }, children)
  const at = { host: '127.0.0.1', headers: { host: HOST } }
  return {
    root: authority.root,
    ways: [
      { name: 'direct', floor: 'direct', ...at, port: workload.plain },
      { name: 'bare node:http proxy', floor: 'direct', ...at, port: proxy.plain, upgrades: false },
      { name: 'ingress', floor: 'direct', ...at, port: ingress.plain },
      { name: 'direct, TLS', floor: 'direct, TLS', ...at, port: workload.tls, serverName: HOST },
      { name: 'ingress, TLS', floor: 'direct, TLS', ...at, port: ingress.tls, serverName: HOST },
    ],
  }
}

async function startChild(role: Role, children: ChildProcess[]): Promise<Listening> {
  const child = fork(join(import.meta.dirname, 'ingressPeer.ts'), [JSON.stringify(role)])
  children.push(child)
  const [told] = await once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  return told
}

async function measureWay(way: Way, samples: Map<string, Sample>, children: readonly ChildProcess[]): Promise<void> {
  const none: Sample = { load: new Map(), mibPerSecond: [], cpuMsPerMib: [], echoMs: [] }
  const sample = samples.get(way.name) ?? none
  samples.set(way.name, sample)
  for (const connections of CONNECTIONS) {
    const before = await cpuMs(children)
    const measured = await generateLoad({ ...way, connections, requests: REQUESTS })
    const one = { ...measured, cpuMs: ((await cpuMs(children)) - before) / REQUESTS }
    sample.load.set(connections, [...(sample.load.get(connections) ?? []), one])
  }
  const before = await cpuMs(children)
  sample.mibPerSecond.push(await download(way))
  sample.cpuMsPerMib.push(((await cpuMs(children)) - before) / (DOWNLOAD_BYTES / 2 ** 20))
  if (way.upgrades !== false) sample.echoMs.push(...(await echo(way, ECHOES)))
}

/** What all of them have used until now. */
async function cpuMs(children: readonly ChildProcess[]): Promise<number> {
  const used = children.map(async (child) => {
    const told = once(child, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
    child.send('cpu')
    const [{ user, system }] = await told
    return (user + system) / 1000
  })
  return (await Promise.all(used)).reduce((sum, one) => sum + one, 0)
}

/** MiB per second of one download. */
async function download(way: Target): Promise<number> {
  const socket = await connectTo(way)
  const startedMs = performance.now()
  socket.write(`GET ${BYTES_PATH}${DOWNLOAD_BYTES} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)
  let leftBytes = DOWNLOAD_BYTES
  let first = true
  for await (const data of socket) {
    // The head is in the first piece.
    leftBytes -= data.length - (first ? data.indexOf('\r\n\r\n') + 4 : 0)
    first = false
    if (leftBytes <= 0) break
  }
  socket.destroy()
  if (leftBytes !== 0) throw new Error(`${leftBytes} bytes are missing`)
  return DOWNLOAD_BYTES / 2 ** 20 / ((performance.now() - startedMs) / 1000)
}

/** Milliseconds of each of so many bytes there and back, on a connection that has changed its protocol. */
async function echo(way: Target, count: number): Promise<number[]> {
  const socket = await connectTo(way)
  socket.write(`GET / HTTP/1.1\r\nhost: ${HOST}\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n`)
  const [head] = await once(socket, 'data')
  if (!String(head).startsWith('HTTP/1.1 101')) throw new Error(`it answered ${head}`)
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const startedMs = performance.now()
    const came = once(socket, 'data')
    socket.write('x')
    await came
    times.push(performance.now() - startedMs)
  }
  socket.destroy()
  return times
}

function resultOf(ways: readonly Way[], samples: ReadonlyMap<string, Sample>): BenchResult {
  return {
    bench: 'ingress',
    title: 'Ingress',
    question: 'What a provider’s public ingress costs against the workload’s own HTTP server, plain and over TLS.',
    tables: [requestsTable(ways, samples), streamsTable(ways, samples)],
    charts: [
      { title: 'Requests per second', table: 0, kind: 'bar', x: 'connections', y: 'requestsPerSecond', series: 'way' },
      { title: 'Download', table: 1, kind: 'bar', x: 'way', y: 'mibPerSecond' },
    ],
  }
}

function requestsTable(ways: readonly Way[], samples: ReadonlyMap<string, Sample>): BenchResult['tables'][number] {
  const of = (name: string, connections: number, key: keyof Measured | 'cpuMs') =>
    median((samples.get(name)?.load.get(connections) ?? []).map((one) => one[key]))
  return {
    title: 'Requests on kept connections',
    columns: [
      { key: 'way', label: 'way' },
      { key: 'connections', label: 'connections' },
      { key: 'requestsPerSecond', label: 'requests', unit: '1/s', digits: 0 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'p50Ms', label: 'p50', unit: 'ms', digits: 2 },
      { key: 'p99Ms', label: 'p99', unit: 'ms', digits: 2 },
      { key: 'cpuUs', label: 'processor time a request', unit: 'µs', digits: 0 },
      { key: 'failures', label: 'failures' },
    ],
    rows: CONNECTIONS.flatMap((connections) =>
      ways.map(({ name, floor }) => ({
        way: name,
        connections: String(connections),
        requestsPerSecond: of(name, connections, 'requestsPerSecond'),
        ratio: of(name, connections, 'requestsPerSecond') / of(floor, connections, 'requestsPerSecond'),
        p50Ms: of(name, connections, 'p50Ms'),
        p99Ms: of(name, connections, 'p99Ms'),
        cpuUs: of(name, connections, 'cpuMs') * 1000,
        failures: of(name, connections, 'failures'),
      })),
    ),
    note: `Medians of ${ROUNDS} rounds of ${REQUESTS} requests. Processor time is that of all processes but the client.`,
  }
}

function streamsTable(ways: readonly Way[], samples: ReadonlyMap<string, Sample>): BenchResult['tables'][number] {
  const speed = (name: string) => median(samples.get(name)?.mibPerSecond ?? [])
  return {
    title: 'A download, and a connection that changed its protocol',
    columns: [
      { key: 'way', label: 'way' },
      { key: 'mibPerSecond', label: 'download', unit: 'MiB/s', digits: 0 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'cpuMsPerMib', label: 'processor time', unit: 'ms/MiB', digits: 2 },
      { key: 'p50Ms', label: 'one byte there and back, p50', unit: 'ms', digits: 3 },
      { key: 'p99Ms', label: 'p99', unit: 'ms', digits: 2 },
    ],
    rows: ways.map(({ name, floor }) => ({
      way: name,
      mibPerSecond: speed(name),
      ratio: speed(name) / speed(floor),
      cpuMsPerMib: median(samples.get(name)?.cpuMsPerMib ?? []),
      p50Ms: finite(quantile(samples.get(name)?.echoMs ?? [], 0.5)),
      p99Ms: finite(quantile(samples.get(name)?.echoMs ?? [], 0.99)),
    })),
    note: `Medians of ${ROUNDS} downloads of ${DOWNLOAD_BYTES / 2 ** 20} MiB; ${ROUNDS * ECHOES} bytes after an \`Upgrade\`.`,
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
