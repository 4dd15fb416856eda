import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { z } from 'zod'

const PACKAGE = fileURLToPath(new URL('..', import.meta.resolve('@electric-sql/pglite')))

/** Where packages keep what they made once and can make again. */
const CACHE = join(PACKAGE, '../../.cache/tender')

/**
 * An embedded database as it is when nothing has been written to it, for `loadDataDir`: made once with each version of PGlite and
 * kept beside the installed packages, because making one takes seconds of processor time and copying one a fifth of that.
 * `undefined` where nothing can be kept: then each database is made anew.
 */
export async function freshDatabase(): Promise<Blob | undefined> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')))
  const file = join(CACHE, `pglite-${version}.tar`)
  return (
    (await blobOf(file)) ??
    (await make(file).then(
      () => blobOf(file),
      () => undefined,
    ))
  )
}

async function blobOf(file: string): Promise<Blob | undefined> {
  return readFile(file).then(
    (bytes) => new Blob([bytes]),
    () => undefined,
  )
}

/** In one step, so that who is killed meanwhile leaves nothing that looks whole. */
async function make(file: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const written = `${file}.${process.pid}.new`
  try {
    const database = await PGlite.create()
    const dump = await database.dumpDataDir('none')
    await database.close()
    await writeFile(written, dump.stream())
    await rename(written, file)
  } finally {
    await rm(written, { force: true })
  }
}
