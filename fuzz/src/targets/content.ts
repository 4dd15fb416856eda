import { isSafeName, MissingBlockError, parseCid } from '@tender/content'
import {
  buildDirectory,
  buildFile,
  CID,
  directoryLinks,
  fileContent,
  nodeOf,
  readCar,
  writeCar,
} from '@tender/content/testParsers'
import { joined } from '../mutate.ts'
import { attempt, attemptLater, bytesOf, must, type Target, textOf } from '../target.ts'

const never = new AbortController().signal
const CONTENT = 'packages/content/src/'
const LIMITS = { bytes: 256 * 1024, blocks: 200 }
const FILES = { bytes: 1024 * 1024, files: 200 }

/** A file, and directories of files, of which one is in shards, as CAR files. */
async function cars(): Promise<Uint8Array[]> {
  const blocks = new Map<string, Uint8Array>()
  const sink = {
    async put(cid: CID, bytes: Uint8Array) {
      blocks.set(cid.toString(), bytes)
    },
  }
  const read = async (cid: CID) => blocks.get(cid.toString()) ?? new Uint8Array()
  const file = await buildFile(bytesOf('hello'), sink)
  const inner = await buildDirectory([{ ...file, name: 'a.txt' }], sink)
  const outer = await buildDirectory(
    [
      { ...inner, name: 'dir' },
      { ...file, name: 'b' },
    ],
    sink,
  )
  const written: Uint8Array[] = []
  for (const { cid } of [file, inner, outer]) written.push(joined(await Array.fromAsync(writeCar(cid, read, never))))
  return written
}

const car: Target = {
  name: 'car',
  format: 'bytes',
  maxBytes: 16 * 1024,
  code: [`${CONTENT}car.ts`, `${CONTENT}cid.ts`, 'node_modules/multiformats/', 'node_modules/@ipld/dag-cbor/'],
  seeds: cars,
  async run(input) {
    let [bytes, blocks] = [0, 0]
    const sink = {
      async put(_: CID, block: Uint8Array) {
        bytes += block.length
        blocks++
      },
    }
    // The same in pieces of any size.
    const cut = (input[0] ?? 0) + 1
    const pieces = [input.subarray(0, cut), input.subarray(cut, 2 * cut), input.subarray(2 * cut)]
    const whole = await attemptLater(() => readCar([input], { put: async () => {} }, LIMITS, never))
    const taken = await attemptLater(() => readCar(pieces, sink, LIMITS, never))
    must((whole === undefined) === (taken === undefined), 'pieces are read otherwise than the whole')
    must(bytes <= LIMITS.bytes && blocks <= LIMITS.blocks, 'more was taken than is allowed')
    return taken !== undefined
  },
}

/** Reads blocks without looking at their hashes: what a hostile block can hold, whoever made its hash. */
const unixfs: Target = {
  name: 'unixfs',
  format: 'bytes',
  maxBytes: 16 * 1024,
  code: ['unixfs.ts', 'cid.ts', 'walk.ts']
    .map((file) => `${CONTENT}${file}`)
    .concat('node_modules/@ipld/dag-pb/', 'node_modules/ipfs-unixfs/'),
  seeds: async () => (await cars()).map(withoutHeader),
  async run(input) {
    const blocks = blocksIn(input)
    const root = blocks.keys().next().value
    if (root === undefined) return false
    const read = async (cid: CID) => {
      const block = blocks.get(cid.toString())
      if (!block) throw new MissingBlockError(cid.toString())
      return block
    }
    const budget = { blocks: 500, entries: FILES.files, maxEntries: FILES.files }
    return (await attemptLater(() => readAll(parseCid(root), read, budget))) !== undefined
  },
}

async function readAll(
  cid: CID,
  read: (cid: CID) => Promise<Uint8Array>,
  budget: { blocks: number; entries: number; maxEntries: number },
): Promise<void> {
  const node = await nodeOf(cid, read)
  if (node.kind === 'directory') {
    const names = new Set<string>()
    for await (const { name } of directoryLinks(cid, read, budget)) {
      must(isSafeName(name) && !names.has(name), `the name ${JSON.stringify(name)} was taken`)
      names.add(name)
    }
    return
  }
  let bytes = 0
  for await (const piece of fileContent(cid, read, budget)) bytes += piece.length
  must(bytes === node.bytes, `a file of ${node.bytes} bytes has ${bytes}`)
}

/** Sections of a CAR file, whatever their hashes are. */
function blocksIn(input: Uint8Array): Map<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>()
  for (let at = 0; at + 2 < input.length; ) {
    const size = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0)
    const section = input.subarray(at + 2, at + 2 + size)
    at += 2 + size
    try {
      const [cid, bytes] = CID.decodeFirst(section)
      blocks.set(cid.toV1().toString(), bytes)
    } catch {
      // Other sections may be whole.
    }
  }
  return blocks
}

/** The same sections, each with two bytes for its length, the last first: the root is what comes first. */
function withoutHeader(whole: Uint8Array): Uint8Array {
  const sections: Uint8Array[] = []
  for (let at = 0; at < whole.length; ) {
    const [low = 0, high = 0] = whole.subarray(at, at + 2)
    const [size, prefix] = low < 0x80 ? [low, 1] : [(low & 0x7f) | (high << 7), 2]
    sections.push(joined([Uint8Array.of(size >> 8, size & 0xff), whole.subarray(at + prefix, at + prefix + size)]))
    at += prefix + size
  }
  return joined(sections.slice(1))
}

const cid: Target = {
  name: 'cid',
  format: 'bytes',
  maxBytes: 256,
  code: [`${CONTENT}cid.ts`, 'node_modules/multiformats/'],
  seeds: () =>
    [
      'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
      'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    ].map(bytesOf),
  run(input) {
    const text = attempt(() => parseCid(textOf(input)))
    const bytes = attempt(() => parseCid(input))
    for (const taken of [text, bytes]) {
      if (taken) must(parseCid(taken.value.toString()).equals(taken.value), 'a CID does not survive being written')
    }
    return text !== undefined || bytes !== undefined
  },
}

export const contentTargets = [car, unixfs, cid]
