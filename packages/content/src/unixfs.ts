import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { decodeNode, isRaw, linkedCid } from './cid.ts'
import { ContentLimitError, MalformedContentError } from './errors.ts'
import { MAX_DEPTH, type ReadBlock } from './walk.ts'

/** Something with a name in a directory. */
export type ContentEntry = { name: string; cid: CID } & ContentNode

/** What a root is. `bytes` is what a file says that it has; reading it fails where that is not so. */
export type ContentNode = { kind: 'file'; bytes: number } | { kind: 'directory' }

/** What one reading may still look at: bounds what a few blocks that link to each other again and again can cost. */
export type ReadBudget = { blocks: number; entries: number; readonly maxEntries: number }

/** Enough for whatever was made by a chunker of a kilobyte or more. */
export const budgetFor = ({ bytes, files }: { bytes: number; files: number }): ReadBudget => ({
  blocks: 64 + 16 * files + Math.ceil(bytes / 1024),
  entries: files,
  maxEntries: files,
})

type Link = { name: string; cid: CID }
type Node = { kind: 'file' | 'directory' | 'shard'; data: Uint8Array; sizes: number[]; links: Link[]; prefix: number }

/** What a block is the root of. @throws {MissingBlockError | MalformedContentError} */
export async function nodeOf(cid: CID, read: ReadBlock): Promise<ContentNode> {
  const node = parseNode(cid, await read(cid))
  return node.kind === 'file' ? { kind: 'file', bytes: fileBytes(node) } : { kind: 'directory' }
}

/**
 * A file's bytes in order, a block at a time.
 *
 * @throws {MalformedContentError} if it is no file, or a part of it has not the size that the whole says
 * @throws {ContentLimitError} if `budget` is used up
 */
export async function* fileContent(
  cid: CID,
  read: ReadBlock,
  budget: ReadBudget,
  depth = 0,
): AsyncGenerator<Uint8Array, number, undefined> {
  const node = parseNode(cid, await spend(cid, read, budget, depth))
  if (node.kind !== 'file') throw new MalformedContentError('it is no file', { cid: cid.toString() })
  if (node.data.byteLength > 0) yield node.data
  for (const [index, { cid: part }] of node.links.entries()) {
    const got = yield* fileContent(part, read, budget, depth + 1)
    if (got !== node.sizes[index]) throw new MalformedContentError('a part of a file has another size')
  }
  return fileBytes(node)
}

/**
 * What a directory holds, sharded ones included, in the order of its blocks. Names are checked, see {@link isSafeName}.
 *
 * @throws {MalformedContentError} if it is no directory, or names something twice or oddly
 */
export async function* directoryLinks(
  cid: CID,
  read: ReadBlock,
  budget: ReadBudget,
): AsyncGenerator<Link, void, undefined> {
  const node = parseNode(cid, await spend(cid, read, budget, 0))
  if (node.kind === 'file') throw new MalformedContentError('it is no directory', { cid: cid.toString() })
  const names = new Set<string>()
  for await (const { name, cid: child } of linksBelow(node, read, budget, 0)) {
    if (!isSafeName(name)) throw new MalformedContentError('a name is not allowed', { name: name.slice(0, 256) })
    if (names.has(name)) throw new MalformedContentError('a name is there twice', { name })
    names.add(name)
    yield { name, cid: child }
  }
}

async function* linksBelow(node: Node, read: ReadBlock, budget: ReadBudget, depth: number): AsyncGenerator<Link> {
  for (const { name, cid } of node.links) {
    if (node.kind === 'directory' || name.length > node.prefix) {
      if (--budget.entries < 0) throw new ContentLimitError('files', { limit: budget.maxEntries })
      yield { name: name.slice(node.prefix), cid }
      continue
    }
    const shard = parseNode(cid, await spend(cid, read, budget, depth + 1))
    if (shard.kind !== 'shard' || shard.prefix !== node.prefix) throw new MalformedContentError('a shard is none')
    yield* linksBelow(shard, read, budget, depth + 1)
  }
}

/** One that every system can make a file of, and that leads nowhere else: 1 to 255 bytes, no `/`, `\` or control characters. */
export function isSafeName(name: string): boolean {
  if (name === '.' || name === '..') return false
  // U+FFFD stands where a name was no UTF-8.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return /^[^/\\\u0000-\u001f\u007f\ufffd]+$/.test(name) && new TextEncoder().encode(name).byteLength <= 255
}

async function spend(cid: CID, read: ReadBlock, budget: ReadBudget, depth: number): Promise<Uint8Array> {
  if (depth > MAX_DEPTH) throw new ContentLimitError('levels', { limit: MAX_DEPTH })
  if (--budget.blocks < 0) throw new MalformedContentError('it repeats itself more often than its size explains')
  return read(cid)
}

const fileBytes = ({ data, sizes }: Node) => sizes.reduce((sum, size) => sum + size, data.byteLength)

function parseNode(cid: CID, bytes: Uint8Array): Node {
  if (isRaw(cid)) return { kind: 'file', data: bytes, sizes: [], links: [], prefix: 0 }
  const { Data, Links } = decodeNode(cid, bytes)
  const unixfs = unmarshal(cid, Data)
  const links = Links.map(({ Name = '', Hash }) => ({ name: Name, cid: linkedCid(Hash) }))
  const data = unixfs.data ?? new Uint8Array()
  if (unixfs.type === 'directory') return { kind: 'directory', data, sizes: [], links, prefix: 0 }
  if (unixfs.type === 'hamt-sharded-directory') {
    return { kind: 'shard', data, sizes: [], links, prefix: shardPrefix(unixfs) }
  }
  if (unixfs.type !== 'file' && unixfs.type !== 'raw') {
    throw new MalformedContentError(`it holds a ${unixfs.type}`, { cid: cid.toString() })
  }
  const sizes = unixfs.blockSizes.map(Number)
  // A part of no bytes could be repeated for ever.
  const isSized = sizes.length === links.length && sizes.every((size) => Number.isSafeInteger(size) && size > 0)
  if (!isSized) throw new MalformedContentError("a file's parts have no sizes", { cid: cid.toString() })
  return { kind: 'file', data, sizes, links, prefix: 0 }
}

function unmarshal(cid: CID, data: Uint8Array | undefined): UnixFS {
  try {
    if (data && data.byteLength > 0) return UnixFS.unmarshal(data)
  } catch (cause) {
    throw new MalformedContentError('a block is no UnixFS', { cid: cid.toString(), cause })
  }
  throw new MalformedContentError('a block is no UnixFS', { cid: cid.toString() })
}

/** Hex digits in front of each name of a shard. */
function shardPrefix({ fanout }: UnixFS): number {
  const size = Number(fanout ?? 0)
  if (![8, 16, 32, 64, 128, 256, 512, 1024].includes(size)) {
    throw new MalformedContentError('a sharded directory has an odd fan-out')
  }
  return (size - 1).toString(16).length
}
