import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openContentStore } from '@tender/content'
import { createNetworkNode, type NetworkNode, serveBlocks } from '@tender/network'
import type { Dialable } from '@tender/protocol'
import { generatePrivateKey } from 'viem/accounts'
import { common } from './loopbackNode.ts'

// Run by bench/content.ts as a process of its own: has a large file and a directory of small ones, serves their blocks, and the file
// over a plain socket and a raw stream too. Asked for anything, it says how much processor time it has used.

/** What it tells its parent. */
export type Serving = { peer: Dialable; port: number; large: string; small: string }

/** Purpose of the stream that gives the large file as it is. */
export const RAW = 'raw'

export const LARGE_BYTES = 128 * 2 ** 20
export const SMALL_FILES = 5_000
const SMALL_BYTES = 1024

/** As blocks are sent: a mebibyte at a time, the next once little of it waits. */
const PIECE_BYTES = 2 ** 20
const WAITING_BYTES = 256 * 1024

/** A directory with one large file. */
export const largeTree = () => ({ large: new Uint8Array(randomBytes(LARGE_BYTES)) })

if (process.send) await serve(process.argv[2] ?? '')

async function serve(dir: string): Promise<void> {
  const store = openContentStore(join(dir, 'served'), { bytes: 1e9 })
  const tree = largeTree()
  const file = join(dir, 'large')
  await writeFile(file, tree.large)
  const large = await store.putTree(tree)
  const small = await store.putTree(
    Object.fromEntries(
      Array.from({ length: SMALL_FILES }, (_, index) => [`${index}`, new Uint8Array(randomBytes(SMALL_BYTES))]),
    ),
  )
  const server = createServer((socket) => void createReadStream(file, { highWaterMark: 2 ** 20 }).pipe(socket))
  server.listen(0, '127.0.0.1', async () => {
    const node = await createNetworkNode({
      ...common,
      privateKey: generatePrivateKey(),
      listen: ['/ip4/127.0.0.1/tcp/0'],
    })
    await serveBlocks(node, store)
    await serveRaw(node, tree.large)
    await node.start()
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const told: Serving = { peer: node.contact(), port, large: large.toString(), small: small.toString() }
    process.send?.(told)
    process.on('message', () => process.send?.(process.cpuUsage()))
  })
}

/** The bytes over a stream as libp2p has it: encrypted, one of many on its connection, and nothing else. */
async function serveRaw(node: NetworkNode, bytes: Uint8Array): Promise<void> {
  const limits = { maxStreams: 1, rate: { perSecond: 100, burst: 100 } }
  await node.handle(RAW, limits, async (frames) => {
    const { stream } = frames.rest()
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      stream.send(bytes.subarray(at, at + PIECE_BYTES))
      while (stream.writeBufferLength > WAITING_BYTES) {
        await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
      }
    }
    await stream.close()
  })
}
