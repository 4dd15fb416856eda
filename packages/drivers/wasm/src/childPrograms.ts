import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { hasCode } from './child/files.ts'

const sources = fileURLToPath(new URL('./child', import.meta.url))
const shim = createRequire(import.meta.url).resolve('@bjorn3/browser_wasi_shim')
const STRIP_MS = 30_000

/** What the programs import besides each other. */
export const shimDirectory = join(dirname(shim), '..')

let stripped: Promise<Readonly<Record<string, string>>> | undefined

/**
 * The folder, below `stateDir`, of the programs that workloads' processes run: `child/` without its types. They are taken out once, since
 * a process that does it itself needs a quarter of a second of the processor for that. Each version of the programs has a folder of its own,
 * which stays: a process starts threads from there as long as it lives.
 */
export async function childPrograms(stateDir: string): Promise<string> {
  const path = join(stateDir, 'programs', versionOf(sources))
  if (!existsSync(path)) await write(path, await programs())
  // What a process may read is told by real paths.
  return realpath(path)
}

/** Makes a folder in one step. */
async function write(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  const staging = `${path}.${randomBytes(4).toString('hex')}`
  await mkdir(staging, { recursive: true, mode: 0o700 })
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(staging, name), text, { mode: 0o600 })
    await rename(staging, path)
  } catch (error) {
    // Somebody else was first; theirs are as good.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Changes with each of the sources, with what they import, and with the engine. */
function versionOf(directory: string): string {
  const hash = createHash('sha256').update(`${process.version} ${shim}`)
  for (const name of readdirSync(directory).toSorted())
    hash.update(`\n${name}\n`).update(readFileSync(join(directory, name)))
  return hash.digest('hex').slice(0, 16)
}

function programs(): Promise<Readonly<Record<string, string>>> {
  stripped ??= strip().catch((error) => {
    stripped = undefined
    throw error
  })
  return stripped
}

/** In a process of its own: the function that does it warns that it is new. */
async function strip(): Promise<Readonly<Record<string, string>>> {
  const script = fileURLToPath(new URL('./stripPrograms.ts', import.meta.url))
  const args = ['--no-warnings', script, sources, pathToFileURL(shim).href]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: STRIP_MS, maxBuffer: 2 ** 24 })
  return z.record(z.string(), z.string()).parse(JSON.parse(stdout))
}
