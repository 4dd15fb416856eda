import { constants } from 'node:fs'
import { link, lstat, mkdir, open, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, normalize, resolve, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TenderError } from '@tender/protocol'
import { extract, type Header } from 'tar-stream'

/** Where a tar stream is unpacked. */
export type UnpackTarget = {
  /** An existing directory; nothing outside of it is written. Absolute. */
  directory: string
  /** What the stream's top name is called here. @default its own */
  name?: string | undefined
}

export type Unpacked = {
  files: number
  bytes: number
  /** What was left out, and why, one sentence each. */
  skipped: string[]
}

/** Nobody reads more. */
const MAX_SKIPPED = 100

/** What a name from a stranger may at most lead down. */
const MAX_DEPTH = 256

/** Permission bits of files; what would run as its owner does not. */
const MODE = 0o777

/**
 * Unpacks a stranger's tar stream. Nothing is written outside of the target: names that lead out are refused, links that do
 * are left out, links that are there are not followed, and neither devices nor owners are taken over.
 *
 * @throws {TenderError} `unsafeArchive`, `brokenArchive`
 */
export async function unpackTar(tar: Readable, target: UnpackTarget, signal: AbortSignal): Promise<Unpacked> {
  const done: Unpacked = { files: 0, bytes: 0, skipped: [] }
  // Made last: nothing in the stream can then be written through one of them.
  const links: { path: string; to: string; at: readonly string[] }[] = []
  const unpacking = extract()
  const fed = pipeline(tar, unpacking, { signal }).catch((error) => unpacking.destroy(error))
  try {
    for await (const entry of unpacking) {
      const at = placeOf(entry.header, target)
      if (entry.header.type === 'symlink') links.push({ ...linkOf(entry.header, target, at), at })
      else await write(entry, entry.header, target, at, done)
      entry.resume()
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof TenderError || isOfFileSystem(cause)) throw cause
    throw new TenderError('what the provider sent is no whole tar archive', {
      code: 'brokenArchive',
      class: 'provider',
      hint: 'Try again: the connection may have been cut.',
      cause,
    })
  } finally {
    await fed
  }
  for (const { path, to, at } of links) {
    if (leadsOut(at, to)) skip(done, `${at.join('/')} is a link out of it, to ${to}`)
    else {
      await makeParents(target, at)
      await clear(path)
      await symlink(to, path)
    }
  }
  return done
}

async function write(
  content: AsyncIterable<unknown>,
  header: Header,
  target: UnpackTarget,
  at: readonly string[],
  done: Unpacked,
): Promise<void> {
  const path = join(target.directory, ...at)
  switch (header.type) {
    case 'directory':
      return makeParents(target, [...at, ''])
    case 'file':
    case 'contiguous-file':
      await makeParents(target, at)
      await clear(path)
      done.files++
      done.bytes += await writeFile(content, path, (header.mode ?? 0o644) & MODE)
      return
    case 'link': {
      const to = placeOf({ name: header.linkname ?? '' }, target)
      await makeParents(target, to)
      await makeParents(target, at)
      const there = await kindOf(join(target.directory, ...to))
      if (there !== 'file') return skip(done, `${at.join('/')} is a link to ${to.join('/')}, which is not there`)
      await clear(path)
      await link(join(target.directory, ...to), path)
      return
    }
    default:
      skip(done, `${at.join('/')} is a ${header.type ?? 'thing'}, not a file`)
  }
}

async function writeFile(content: AsyncIterable<unknown>, path: string, mode: number): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = await open(path, flags, mode)
  let bytes = 0
  try {
    for await (const chunk of content) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a tar archive holds bytes')
      await file.writeFile(chunk)
      bytes += chunk.byteLength
    }
  } finally {
    await file.close()
  }
  return bytes
}

/** Where a name of the archive is, below the target. @throws {TenderError} `unsafeArchive` */
function placeOf({ name }: Pick<Header, 'name'>, { name: renamed }: UnpackTarget): readonly string[] {
  const clean = normalize(name)
  const parts = clean.split(sep).filter((part) => part !== '' && part !== '.')
  const leads = clean.startsWith(sep) || parts.includes('..') || name.includes('\0') || parts.length > MAX_DEPTH
  if (leads) {
    throw new TenderError(`the archive has a name that leads out of it: ${JSON.stringify(name.slice(0, 200))}`, {
      code: 'unsafeArchive',
      class: 'provider',
      hint: 'What came before it was written; do not trust this provider or workload.',
    })
  }
  const [, ...below] = parts
  return renamed === undefined ? parts : [renamed, ...below]
}

function linkOf({ linkname }: Header, { directory }: UnpackTarget, at: readonly string[]) {
  return { path: join(directory, ...at), to: linkname ?? '' }
}

/** Whether a link leads out of the top of what was copied. */
function leadsOut(at: readonly string[], to: string): boolean {
  const [top = ''] = at
  if (to === '' || to.startsWith('/') || to.includes('\0')) return true
  const root = resolve('/', top)
  // A top that is itself a link has nothing below it to lead to.
  if (at.length < 2) return true
  const end = resolve('/', ...at.slice(0, -1), to)
  // `resolve` stops at the root where a file system would go on above it, so the way there counts too.
  let depth = at.length - 1
  for (const part of to.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 1) return true
  }
  return end !== root && !end.startsWith(`${root}/`)
}

/** Makes the directories above a place, each of which has to be a directory and no link. */
async function makeParents({ directory }: UnpackTarget, at: readonly string[]): Promise<void> {
  let path = directory
  for (const part of at.slice(0, -1)) {
    path = join(path, part)
    const kind = await kindOf(path)
    if (kind === 'directory') continue
    if (kind !== undefined) {
      throw new TenderError(`${path} is in the way: it is ${kind === 'link' ? 'a link' : 'no directory'}`, {
        code: 'inTheWay',
        class: 'conflict',
        hint: 'Remove it, or copy to another place.',
      })
    }
    await mkdir(path, { mode: MODE })
  }
}

async function kindOf(path: string): Promise<'directory' | 'file' | 'link' | 'other' | undefined> {
  try {
    const info = await lstat(path)
    if (info.isSymbolicLink()) return 'link'
    return info.isDirectory() ? 'directory' : info.isFile() ? 'file' : 'other'
  } catch (error) {
    if (isOfFileSystem(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A file or link of before is replaced; a directory stays in the way. */
async function clear(path: string): Promise<void> {
  if ((await kindOf(path)) === 'directory') {
    throw new TenderError(`${path} is in the way: it is a directory`, {
      code: 'inTheWay',
      class: 'conflict',
      hint: `Remove it, or copy ${basename(path)} elsewhere than into ${dirname(path)}.`,
    })
  }
  await rm(path, { force: true })
}

function skip(done: Unpacked, why: string): void {
  if (done.skipped.length < MAX_SKIPPED) done.skipped.push(why)
}

function isOfFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
