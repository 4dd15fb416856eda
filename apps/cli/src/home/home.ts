import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { TenderError } from '@tender/protocol/errors'

/** The account's directory: what was asked for, `TENDER_HOME`, or `.tender` in the user's home. Absolute. */
export function resolveHome(asked: string | undefined, env: NodeJS.ProcessEnv): string {
  return resolve(asked ?? env.TENDER_HOME ?? join(homedir(), '.tender'))
}

/** Where a market's profile and the tenant's records in it are. */
export function marketDirectory(home: string, name: string): string {
  return join(home, 'markets', checkName(name))
}

/** Where the encrypted keys are. */
export function keysDirectory(home: string): string {
  return join(home, 'keys')
}

/** Where a password may lie beside its key: only keys that everybody knows have one there. */
export function passwordFileBeside(home: string, name: string): string {
  return join(keysDirectory(home), `${checkName(name)}.password`)
}

/** Names become file names, so they are plain. @throws {TenderError} */
export function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) return name
  throw new TenderError(`"${name}" is not a name`, {
    code: 'invalidInput',
    class: 'user',
    hint: 'Names have letters, digits, dots and dashes, and begin with a letter or digit.',
  })
}

/** A small file's text; `undefined` if there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ENOENT') return undefined
    // Node names no path where it could open what it cannot read.
    throw error.code === 'EISDIR' ? Object.assign(error, { path: file }) : error
  }
}

/** Replaces a file as a whole, readable by its owner only. Survives a crash once it resolves. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await rename(await writeBeside(file, text), file)
}

/**
 * The same for a file that is not there yet.
 *
 * @returns false, and the file is left as it is, if it is there, be it since a moment ago
 */
export async function writeNew(file: string, text: string): Promise<boolean> {
  const temporary = await writeBeside(file, text)
  try {
    await link(temporary, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(temporary)
  }
}

async function writeBeside(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(file), `.${randomUUID()}`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return temporary
}
