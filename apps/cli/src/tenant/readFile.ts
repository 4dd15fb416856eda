import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { type BlobFacts, createTarScan, NotFoundError, TenderError } from '@tender/protocol'

/** Enough of a file's beginning to tell what it is. */
const HEAD_BYTES = 512

/** Read at once: few calls, little memory. */
const PIECE_BYTES = 256 * 1024

/**
 * A file's content.
 *
 * @throws {NotFoundError} `fileNotFound`; {TenderError} `fileTooLarge`, `fileUnreadable`
 */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  return withFile(path, maxBytes, async (file) => await file.readFile())
}

/**
 * What has to be known of an image, found out without keeping it: images are larger than memory should be.
 *
 * @throws like {@link readBounded}
 */
export async function readBlobFacts(path: string, maxBytes: number, signal?: AbortSignal): Promise<BlobFacts> {
  return withFile(path, maxBytes, async (file) => {
    const hash = createHash('sha256')
    const scan = createTarScan()
    const buffer = new Uint8Array(PIECE_BYTES)
    let bytes = 0
    let head = new Uint8Array()
    for (;;) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(buffer)
      if (bytesRead === 0) break
      const piece = buffer.subarray(0, bytesRead)
      if (bytes === 0) head = piece.slice(0, HEAD_BYTES)
      bytes += bytesRead
      hash.update(piece)
      scan.push(piece)
    }
    return { sha256: `0x${hash.digest('hex')}`, bytes, head, holdsImage: scan.holdsImage() }
  })
}

async function withFile<Result>(
  path: string,
  maxBytes: number,
  read: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new NotFoundError(`${path} does not exist`, { code: 'fileNotFound', cause, data: { path } })
      : new TenderError(`${path} cannot be read`, { code: 'fileUnreadable', class: 'user', cause, data: { path } })
  })
  try {
    const info = await file.stat()
    if (!info.isFile()) throw notAFile(path, info.isDirectory())
    if (info.size <= maxBytes) return await read(file)
    throw new TenderError(`${path} has ${info.size} bytes, the most is ${maxBytes}`, {
      code: 'fileTooLarge',
      class: 'user',
    })
  } finally {
    await file.close()
  }
}

function notAFile(path: string, isDirectory: boolean): TenderError {
  return new TenderError(`${path} is ${isDirectory ? 'a directory' : 'no ordinary file'}`, {
    code: 'fileUnreadable',
    class: 'user',
    hint: 'Name the file itself.',
    data: { path },
  })
}
