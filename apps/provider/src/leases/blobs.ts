import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol'

/** Files that manifests name by their SHA-256, each once however many leases run it. */
export type Blobs = {
  /** Where the blob lies, whether or not it is there. Absolute. */
  path(sha256: string): string
  has(sha256: string): Promise<boolean>
  /**
   * Keeps a blob. On return it survives a crash; before, nothing of it can be seen.
   * @throws {TenderError} `blobMismatch`
   */
  put(sha256: string, content: Uint8Array): Promise<void>
  /** Removes every blob but these. */
  retain(wanted: ReadonlySet<string>): Promise<void>
}

/**
 * Opens the blobs below an absolute directory, making it if need be.
 *
 * @example
 * const blobs = await openBlobs('/var/lib/tender/blobs')
 * await blobs.put(sha256, module)
 */
export async function openBlobs(directory: string): Promise<Blobs> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = (sha256: string) => join(directory, hexDigits(sha256))

  return {
    path,
    has: (sha256) =>
      access(path(sha256)).then(
        () => true,
        () => false,
      ),

    async put(sha256, content) {
      const found = createHash('sha256').update(content).digest('hex')
      if (found !== hexDigits(sha256)) {
        throw new TenderError(`a blob hashes to ${found}, not to ${sha256}`, { code: 'blobMismatch', class: 'user' })
      }
      const temporary = join(directory, `.${randomUUID()}`)
      const file = await open(temporary, 'wx', 0o400)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path(sha256))
    },

    async retain(wanted) {
      const kept = new Set([...wanted].map(hexDigits))
      const names = await readdir(directory)
      await Promise.all(
        names.filter((name) => !kept.has(name)).map((name) => rm(join(directory, name), { force: true })),
      )
    },
  }
}

/** Guards paths: a digest is 64 hexadecimal digits, with or without `0x`. */
function hexDigits(sha256: string): string {
  const digits = sha256.replace(/^0x/, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new TenderError('not a SHA-256 digest', { code: 'badDigest', class: 'user' })
  }
  return digits
}
