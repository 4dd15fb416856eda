import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { NotFoundError } from '@tender/protocol'
import { type Pack, pack } from 'tar-stream'

export type Packed = {
  tar: Readable
  /** Bytes of its files; complete once the stream has ended. */
  done: { files: number; bytes: number; skipped: string[] }
}

/**
 * A file or directory as a tar stream. Links stay links; what is neither is left out. Owners are not told.
 *
 * @param source absolute path
 * @param name what its top is called; empty for the things in a directory without the directory itself
 * @throws {NotFoundError} there is no such file
 */
export async function packTar(source: string, name: string): Promise<Packed> {
  const info = await lstat(source).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new NotFoundError(`${source} does not exist`, { code: 'fileNotFound', cause })
  })
  const tar = pack()
  const done = { files: 0, bytes: 0, skipped: [] as string[] }
  const add = name === '' && info.isDirectory() ? addChildren : addOne
  void add(tar, source, name, done).then(
    () => tar.finalize(),
    (error) => tar.destroy(error),
  )
  return { tar: Readable.from(tar, { objectMode: false }), done }
}

async function addOne(tar: Pack, path: string, name: string, done: Packed['done']): Promise<void> {
  const info = await lstat(path)
  const common = { name, mode: info.mode & 0o777, mtime: info.mtime }
  if (info.isSymbolicLink()) return addEntry(tar, { ...common, type: 'symlink', linkname: await readlink(path) })
  if (info.isDirectory()) {
    await addEntry(tar, { ...common, type: 'directory' })
    return addChildren(tar, path, name, done)
  }
  if (!info.isFile()) return void done.skipped.push(`${path} is neither file, directory nor link`)
  // Never more than was said: a log may grow while it is read.
  const content = info.size === 0 ? [] : createReadStream(path, { end: info.size - 1 })
  await pipeline(content, tar.entry({ ...common, size: info.size }))
  done.files++
  done.bytes += info.size
}

async function addChildren(tar: Pack, path: string, name: string, done: Packed['done']): Promise<void> {
  for (const child of (await readdir(path)).sort()) {
    await addOne(tar, join(path, child), name === '' ? child : `${name}/${child}`, done)
  }
}

function addEntry(tar: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, '', (error) => (error ? reject(error) : resolve()))
  })
}
