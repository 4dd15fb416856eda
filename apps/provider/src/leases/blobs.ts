import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { access, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol'

/** Files that manifests name by their SHA-256, each once however many leases run it. */
export type Blobs = {
  /** Where the blob lies, whether or not it is there. Absolute. */
  path(sha256: string): string
  /** Whether it is there; if so, it is held. */
  has(sha256: string): Promise<boolean>
  /**
   * Keeps a blob, and holds it. On return it survives a crash; before, nothing of it can be seen.
   * @throws {TenderError} `blobMismatch`
   */
  put(sha256: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  /**
   * Removes every blob but these and those that are held, before anything else of this process happens: nobody can ask for one
   * in between.
   */
  retain(wanted: ReadonlySet<string>): void
  /** Lets go of blobs that a manifest on its way needed: its record names them now, or it was refused. */
  letGo(sha256s: Iterable<string>): void
}

/** A manifest whose files take longer than this was given up; the slowest that is not takes under five hours. */
const HOLD_MS = 5 * 3_600_000

/**
 * Opens the blobs below an absolute directory, making it if need be.
 *
 * @example
 * const blobs = await openBlobs('/var/lib/tender/blobs')
 * await blobs.put(sha256, createReadStream('hello.wasm'))
 */
export async function openBlobs(directory: string): Promise<Blobs> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = (sha256: string) => join(directory, hexDigits(sha256))
  /** Until when blobs are held, by the monotonic clock. */
  const held = new Map<string, number>()
  const hold = (sha256: string) => held.set(hexDigits(sha256), performance.now() + HOLD_MS)
  /** Names of files that are being written; others of their kind are a dead process's. */
  const writing = new Set<string>()

  return {
    path,
    has: async (sha256) => {
      hold(sha256)
      const found = await access(path(sha256)).then(
        () => true,
        () => false,
      )
      if (!found) held.delete(hexDigits(sha256))
      return found
    },

    async put(sha256, content) {
      const target = path(sha256)
      const name = `.${randomUUID()}`
      const temporary = join(directory, name)
      writing.add(name)
      try {
        const found = await write(temporary, content)
        if (found !== hexDigits(sha256)) {
          throw new TenderError(`a blob hashes to ${found}, not to ${sha256}`, { code: 'blobMismatch', class: 'user' })
        }
        hold(sha256)
        await rename(temporary, target)
      } finally {
        writing.delete(name)
        await rm(temporary, { force: true })
      }
    },

    retain(wanted) {
      const kept = new Set([...wanted].map(hexDigits))
      const nowMs = performance.now()
      const isWanted = (name: string) => kept.has(name) || writing.has(name) || (held.get(name) ?? 0) > nowMs
      for (const name of readdirSync(directory)) if (!isWanted(name)) rmSync(join(directory, name), { force: true })
    },

    letGo(sha256s) {
      for (const sha256 of sha256s) held.delete(hexDigits(sha256))
    },
  }
}

/** Writes a new file, piece by piece. @returns its SHA-256 */
async function write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o400)
  try {
    for await (const piece of content) {
      hash.update(piece)
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Guards paths: a digest is 64 hexadecimal digits, with or without `0x`. */
function hexDigits(sha256: string): string {
  const digits = sha256.replace(/^0x/, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new TenderError('not a SHA-256 digest', { code: 'badDigest', class: 'user' })
  }
  return digits
}
