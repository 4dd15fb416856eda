import type { CID } from 'multiformats/cid'
import { idOf, isRaw, linksOf } from './cid.ts'
import { ContentLimitError } from './errors.ts'

/** The bytes of a block, checked. @throws {MissingBlockError} */
export type ReadBlock = (cid: CID) => Promise<Uint8Array>

/** Deepest chain of links that is followed: a path of so many names, or fewer and the layers of large files and directories. */
export const MAX_DEPTH = 128

/**
 * Every block below a root once, each before what it links to, in the order of `ipfs dag export`. Bytes of raw blocks are read
 * only `withLeaves`; where `read` answers `undefined` nothing below is visited.
 *
 * @throws {MissingBlockError | MalformedContentError | ContentLimitError}
 */
export async function* walk(
  root: CID,
  read: (cid: CID) => Promise<Uint8Array | undefined>,
  { withLeaves }: { withLeaves: boolean },
  signal: AbortSignal,
): AsyncGenerator<{ cid: CID; bytes: Uint8Array | undefined }, void, undefined> {
  const seen = new Set<string>()
  const todo = [{ cid: root, depth: 0 }]
  for (let next = todo.pop(); next; next = todo.pop()) {
    signal.throwIfAborted()
    const { cid, depth } = next
    const id = idOf(cid)
    if (seen.has(id)) continue
    seen.add(id)
    if (depth > MAX_DEPTH) throw new ContentLimitError('levels', { limit: MAX_DEPTH })
    const bytes = isRaw(cid) && !withLeaves ? undefined : await read(cid)
    yield { cid, bytes }
    if (!bytes) continue
    for (const link of linksOf(cid, bytes).reverse()) todo.push({ cid: link, depth: depth + 1 })
  }
}
