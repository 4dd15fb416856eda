/**
 * What it costs that content is checked and kept: a file of 128 MiB fetched block by block into a store, against three floors: the same
 * bytes over a plain socket, over a raw libp2p stream of the same connection, and hashed and not sent at all. Then what a store takes
 * and gives on its own. The peer is a process of its own on the loopback; the ways take turns, so that a busy machine slows all.
 * `npm run bench:content [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ContentStore, fetchContent, openContentStore, parseCid } from '@tender/content'
import { askBlocks, createNetworkNode, type NetworkNode } from '@tender/network'
import { generatePrivateKey } from 'viem/accounts'
import { LARGE_BYTES, RAW, type Serving, SMALL_FILES } from './contentPeer.ts'
import { common } from './loopbackNode.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Row = {
  name: string
  /** Median of the rounds. */
  mibPerSecond: number
  filesPerSecond?: number
  /** Throughput against the plain socket, and against the raw stream. */
  ofSocket?: number
  ofStream?: number
  /** Processor time of both processes together, median. Other processes of a busy machine hardly change it. */
  cpuMsPerMib: number
}

/** One measurement. */
type Sample = { seconds: number; cpuMs: number }

const ROUNDS = 5
const DEADLINE_MS = 600_000
const limits = { bytes: 2e9, files: 100_000, blocks: 100_000 }
/** What a measurement needs: the peer's process, a node that dials it, and a folder of its own. */
type Setting = { child: ChildProcess; node: NetworkNode; dir: string; signal: AbortSignal }

await runBench(
  'content',
  async (_, stop) => {
    const dir = await mkdtemp(join(tmpdir(), 'tender-bench-'))
    const child = fork(join(import.meta.dirname, 'contentPeer.ts'), [dir])
    const node = await createNetworkNode({ ...common, privateKey: generatePrivateKey(), listen: [] })
    const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)])
    try {
      const [serving] = await once(child, 'message', { signal })
      await node.start()
      return resultOf(await measureAll({ child, node, dir, signal }, serving))
    } finally {
      await node.stop()
      child.kill()
      await rm(dir, { recursive: true, force: true })
    }
  },
  { about: 'Content that is checked and kept, against a plain socket, a raw stream and hashing alone.' },
)

async function measureAll(setting: Setting, serving: Serving): Promise<Row[]> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round <= ROUNDS; round++) {
    const taken = await measureOnce(setting, serving, join(setting.dir, `round${round}`))
    // Engines compile in the first.
    if (round === 0) continue
    for (const [name, sample] of Object.entries(taken)) samples.set(name, [...(samples.get(name) ?? []), sample])
  }
  const secondsOf = (name: string) => median((samples.get(name) ?? []).map(({ seconds }) => seconds))
  return [...samples].map(([name, taken]): Row => {
    const seconds = secondsOf(name)
    const isSmall = name.startsWith('small')
    const mebibytes = isSmall ? SMALL_FILES / 1024 : LARGE_BYTES / 2 ** 20
    const row = {
      name,
      mibPerSecond: mebibytes / seconds,
      cpuMsPerMib: median(taken.map((each) => each.cpuMs)) / mebibytes,
    }
    if (isSmall) return { ...row, filesPerSecond: SMALL_FILES / seconds }
    return { ...row, ofSocket: secondsOf('plain socket') / seconds, ofStream: secondsOf('raw stream') / seconds }
  })
}

async function measureOnce(setting: Setting, { peer, port, large, small }: Serving, at: string) {
  const { node, signal } = setting
  const timed = (work: () => Promise<unknown>) => timedIn(setting, work)
  const store = openContentStore(join(at, 'store'), limits)
  const other = openContentStore(join(at, 'other'), limits)
  const source = { blocks: (cids: readonly Uint8Array[], stop: AbortSignal) => askBlocks(node, peer, cids, stop) }
  const fetchRoot = (text: string) => fetchContent({ cid: parseCid(text), store, source, limits, signal })
  const cid = parseCid(large)
  const out = join(at, 'out')
  try {
    return {
      'plain socket': await timed(() => download(port)),
      'raw stream': await timed(() => downloadRaw(setting, peer)),
      'hashed, not sent': await timed(async () => hashAll()),
      'plain socket to a file': await timed(() =>
        pipeline(connect(port, '127.0.0.1'), createWriteStream(`${at}/file`)),
      ),
      'blocks, fetched and kept': await timed(() => fetchRoot(large)),
      'small files, fetched and kept': await timed(() => fetchRoot(small)),
      'pinned (synced to the disk)': await timed(() => store.pin('large', cid, signal)),
      'exported to a directory': await timed(() => store.exportTo(cid, out, limits, signal)),
      'imported from a directory': await timed(() => other.putDirectory(out, limits, signal)),
      'CAR file, out and in': await timed(() =>
        carry(store, openContentStore(join(at, 'third'), limits), large, signal),
      ),
    }
  } finally {
    store.close()
    other.close()
    await rm(at, { recursive: true, force: true })
  }
}

async function carry(from: ContentStore, to: ContentStore, cid: string, signal: AbortSignal): Promise<void> {
  await to.importCar(from.exportCar(parseCid(cid), signal), limits, signal)
  to.close()
}

async function download(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  let bytes = 0
  socket.on('data', (data: Uint8Array) => {
    bytes += data.byteLength
  })
  await once(socket, 'end')
  if (bytes !== LARGE_BYTES) throw new Error(`${bytes} bytes came`)
}

async function downloadRaw({ node, signal }: Setting, peer: Serving['peer']): Promise<void> {
  const { stream, input } = (await node.open(peer, RAW, signal)).rest()
  input.discard()
  let bytes = 0
  stream.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })
  await once(stream, 'remoteCloseWrite', { signal })
  await stream.close()
  if (bytes !== LARGE_BYTES) throw new Error(`${bytes} bytes came`)
}

function hashAll(): void {
  const block = new Uint8Array(2 ** 20)
  for (let at = 0; at < LARGE_BYTES; at += block.byteLength) createHash('sha256').update(block).digest()
}

async function timedIn(setting: Setting, work: () => Promise<unknown>): Promise<Sample> {
  const before = await cpuMs(setting)
  const startedMs = performance.now()
  await work()
  const seconds = (performance.now() - startedMs) / 1000
  return { seconds, cpuMs: (await cpuMs(setting)) - before }
}

/** What both processes have used until now. */
async function cpuMs({ child, signal }: Setting): Promise<number> {
  child.send('cpu')
  const [there] = await once(child, 'message', { signal })
  const here = process.cpuUsage()
  return (here.user + here.system + there.user + there.system) / 1000
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function resultOf(rows: readonly Row[]): BenchResult {
  return {
    bench: 'content',
    title: 'Content that is checked and kept',
    question: `A file of ${LARGE_BYTES / 2 ** 20} MiB fetched block by block into a store, each block checked and kept, against the same bytes over a plain socket, over a raw libp2p stream of the same connection, and hashed alone.`,
    tables: [
      {
        title: 'Ways',
        columns: [
          { key: 'name', label: '' },
          { key: 'mibPerSecond', label: 'MiB/s', digits: 0 },
          { key: 'filesPerSecond', label: 'files/s', digits: 0 },
          { key: 'ofSocket', label: 'of the plain socket', digits: 2 },
          { key: 'ofStream', label: 'of the raw stream', digits: 2 },
          { key: 'cpuMsPerMib', label: 'processor', unit: 'ms/MiB', digits: 1 },
        ],
        rows: rows.map((row) => ({ ...row })),
        note: `The peer is a process of its own on the loopback. Medians of ${ROUNDS} rounds in turn. Processor time is that of both processes together. ${SMALL_FILES.toLocaleString('en')} small files of 1 KiB.`,
      },
    ],
    charts: [{ title: 'Content, MiB a second', table: 0, kind: 'bar', x: 'name', y: 'mibPerSecond' }],
  }
}
