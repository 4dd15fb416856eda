/**
 * What it costs that content is checked and kept: a file of 128 MiB over a plain socket, the same file fetched block by block into a
 * store, and what a store takes and gives on its own. The peer is a process of its own on the loopback; the ways take turns, so that a
 * busy machine slows all. `npm run bench:content [-- --json]`
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { type ContentStore, fetchContent, openContentStore, parseCid } from '@tender/content'
import { askBlocks, createNetworkNode, type NetworkNode } from '@tender/network'
import { generatePrivateKey } from 'viem/accounts'
import { LARGE_BYTES, type Serving, SMALL_FILES } from './contentPeer.ts'
import { common } from './loopbackNode.ts'

type Row = {
  name: string
  /** Median of the rounds. */
  mibPerSecond: number
  filesPerSecond?: number
  /** Throughput against the plain socket. */
  ratio?: number
}

const ROUNDS = 5
const DEADLINE_MS = 600_000
const limits = { bytes: 2e9, files: 100_000, blocks: 100_000 }
const signal = AbortSignal.timeout(DEADLINE_MS)

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const dir = await mkdtemp(join(tmpdir(), 'tender-bench-'))
const child = fork(join(import.meta.dirname, 'contentPeer.ts'), [dir])
const node = await createNetworkNode({ ...common, privateKey: generatePrivateKey(), listen: [] })
try {
  const [serving] = await once(child, 'message', { signal })
  await node.start()
  const rows = await measureAll(node, serving)
  if (values.json) console.log(JSON.stringify(rows))
  else printTable(rows)
} finally {
  await node.stop()
  child.kill()
  await rm(dir, { recursive: true, force: true })
}

async function measureAll(from: NetworkNode, serving: Serving): Promise<Row[]> {
  const samples = new Map<string, number[]>()
  const add = (name: string, seconds: number) => samples.set(name, [...(samples.get(name) ?? []), seconds])
  for (let round = 0; round <= ROUNDS; round++) {
    const times = await measureOnce(from, serving, join(dir, `round${round}`))
    // Engines compile in the first.
    if (round > 0) for (const [name, seconds] of Object.entries(times)) add(name, seconds)
  }
  const mebibytes = LARGE_BYTES / 2 ** 20
  const socket = median(samples.get('plain socket') ?? [])
  return [...samples].map(([name, seconds]): Row => {
    if (name.startsWith('small')) {
      return { name, mibPerSecond: SMALL_FILES / 1024 / median(seconds), filesPerSecond: SMALL_FILES / median(seconds) }
    }
    return { name, mibPerSecond: mebibytes / median(seconds), ratio: socket / median(seconds) }
  })
}

async function measureOnce(from: NetworkNode, { peer, port, large, small }: Serving, at: string) {
  const store = openContentStore(join(at, 'store'), limits)
  const other = openContentStore(join(at, 'other'), limits)
  const source = { blocks: (cids: readonly Uint8Array[], stop: AbortSignal) => askBlocks(from, peer, cids, stop) }
  const fetchRoot = (text: string) => fetchContent({ cid: parseCid(text), store, source, limits, signal })
  const cid = parseCid(large)
  const out = join(at, 'out')
  try {
    return {
      'plain socket': await timed(() => download(port)),
      'plain socket to a file': await timed(() =>
        pipeline(connect(port, '127.0.0.1'), createWriteStream(`${at}/file`)),
      ),
      'blocks, fetched and kept': await timed(() => fetchRoot(large)),
      'small files, fetched and kept': await timed(() => fetchRoot(small)),
      'pinned (synced to the disk)': await timed(() => store.pin('large', cid, signal)),
      'exported to a directory': await timed(() => store.exportTo(cid, out, limits, signal)),
      'imported from a directory': await timed(() => other.putDirectory(out, limits, signal)),
      'CAR file, out and in': await timed(() => carry(store, openContentStore(join(at, 'third'), limits), large)),
    }
  } finally {
    store.close()
    other.close()
    await rm(at, { recursive: true, force: true })
  }
}

async function carry(from: ContentStore, to: ContentStore, cid: string): Promise<void> {
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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function printTable(rows: readonly Row[]): void {
  console.log('way                                MiB/s   files/s   ratio')
  for (const { name, mibPerSecond, filesPerSecond, ratio } of rows) {
    const cells = [mibPerSecond.toFixed(0).padStart(8), (filesPerSecond?.toFixed(0) ?? '').padStart(9)]
    console.log(name.padEnd(31), ...cells, (ratio?.toFixed(2) ?? '').padStart(7))
  }
}
