import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ContentStore, openContentStore } from '@tender/content'
import { TenderError } from '@tender/protocol'
import { shortId } from '@tender/tenant'
import type { Hex } from 'viem'

/** Far more than a disk has left: that is the limit. */
const STORE_BYTES = 2 ** 50

/** In a folder of results: whose they are. */
const ORDER_FILE = 'order'

/**
 * Opens the content of a file's jobs: bundles that providers fetch, and what came of them.
 *
 * @param directory of the market's records
 * @throws {TenderError} `storeInUse` while another process works on jobs of the same file
 */
export function openJobStore(directory: string, composeFile: string): ContentStore {
  const name = createHash('sha256').update(composeFile).digest('hex').slice(0, 32)
  return openContentStore(join(directory, 'jobs', name), { bytes: STORE_BYTES })
}

/** Where a job's results go if nobody says. */
export function resultsFolder(out: string | undefined, { name, id }: { name: string; id: Hex }): string {
  return resolve(out ?? `${name}-${shortId(id)}`)
}

/**
 * Takes a folder for the results of one order: those of two would be mixed up.
 *
 * @throws {TenderError} `otherResults` if it has another order's
 */
export async function claimFolder(folder: string, order: Hex): Promise<void> {
  const file = join(folder, ORDER_FILE)
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (found !== undefined && found.trim() !== order) throw otherResults(folder)
  await mkdir(folder, { recursive: true })
  await writeFile(file, `${order}\n`)
}

/** @throws {TenderError} `otherResults` if a folder has results already: a new order's must not mix with them */
export async function checkNewFolder(folder: string): Promise<void> {
  const found = await readFile(join(folder, ORDER_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (found !== undefined) throw otherResults(folder)
}

function otherResults(folder: string): TenderError {
  return new TenderError(`${folder} has the results of another job`, {
    code: 'otherResults',
    class: 'conflict',
    hint: 'Name another folder with --out.',
    data: { folder },
  })
}
