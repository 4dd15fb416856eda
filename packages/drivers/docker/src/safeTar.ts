import { Readable } from 'node:stream'
import { TenderError } from '@tender/protocol'
import { type Extract, extract, type Header, type Pack, pack } from 'tar-stream'
import type { Owner } from './isolation/types.ts'

/** What a tenant's files are; devices and pipes are nothing to copy into a container. */
const KINDS: readonly Header['type'][] = ['file', 'contiguous-file', 'directory', 'symlink', 'link']
/** Each costs the host an inode and a call. */
const MOST_ENTRIES = 1_000_000

/**
 * Rewrites a tar from outside: everything becomes `owner`'s, without set-id bits and attributes; devices and pipes are left out.
 * Its stream fails with `badTar` for what is no tar, for names that lead upwards and for hard links to such names.
 *
 * @example
 * await container.putArchive(safeTar(upload, { uid: 1000, gid: 1000 }), { path: '/data' })
 */
export function safeTar(tar: Readable, owner: Owner): Readable {
  const [entries, out] = [extract(), pack()]
  feed(tar, entries).catch((error: Error) => entries.destroy(error))
  rewrite(entries, out, owner).then(
    () => out.finalize(),
    (error) => {
      tar.destroy()
      out.destroy(error instanceof TenderError ? error : badTar('it is damaged, or breaks off', error))
    },
  )
  return Readable.from(out)
}

async function feed(tar: Readable, entries: Extract): Promise<void> {
  for await (const piece of tar)
    if (!entries.write(piece)) await new Promise<unknown>((resolve) => void onceEither(entries, resolve))
  entries.end(undefined)
}

function onceEither(entries: Extract, resolve: (value: unknown) => void): void {
  entries.once('drain', () => resolve(undefined))
  entries.once('close', () => resolve(undefined))
}

async function rewrite(entries: Extract, out: Pack, owner: Owner): Promise<void> {
  let count = 0
  for await (const entry of entries) {
    count += 1
    const { header } = entry
    if (count > MOST_ENTRIES) throw badTar('it has too many files')
    if (leadsUp(header.name) || (header.type === 'link' && leadsUp(header.linkname)))
      throw badTar(`the name ${header.name.slice(0, 200)} leads out of its folder`)
    if (KINDS.includes(header.type)) await copyEntry(entry, headerOf(header, owner), out)
    else for await (const _ of entry);
  }
}

async function copyEntry(
  content: AsyncIterable<unknown>,
  header: Partial<Header> & { name: string },
  out: Pack,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const entry = out.entry(header, (error) => (error ? reject(error) : resolve()))
  // A reader that goes away ends the pack, and with it what waits here.
  promise.catch(() => {})
  for await (const piece of content)
    if (!entry.write(piece))
      await new Promise<void>((go) => {
        entry.once('drain', () => go())
        entry.once('close', () => go())
      })
  entry.end(undefined)
  await promise
}

function headerOf(
  { name, type, linkname, mode, mtime, size }: Header,
  { uid, gid }: Owner,
): Partial<Header> & { name: string } {
  const isFile = type === 'file' || type === 'contiguous-file'
  const link = type === 'symlink' || type === 'link' ? { linkname } : {}
  return { name, type, mode: mode & 0o777, mtime, uid, gid, size: isFile ? size : 0, ...link }
}

function leadsUp(name: string): boolean {
  return name.includes('\0') || name.split('/').includes('..')
}

function badTar(reason: string, cause?: unknown): TenderError {
  return new TenderError(`the tar cannot be unpacked: ${reason}`, { code: 'badTar', class: 'user', cause })
}
