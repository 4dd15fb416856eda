import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import {
  type BuiltManifest,
  buildManifest,
  type InputIssue,
  MAX_BLOB_BYTES,
  NotFoundError,
  type ParsedCompose,
  parseComposeFile,
  TenderError,
} from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'

/** What a Compose file asks for, ready to be ordered. */
export type Plan = BuiltManifest & {
  name: string
  /** Absolute path. */
  composeFile: string
  tender: ParsedCompose['tender']
  notes: readonly InputIssue[]
  /** Absolute paths of the files that travel with the manifest, by SHA-256. */
  files: Record<Hex, string>
}

/** A Compose file is written by hand; a larger one is something else. */
const MAX_COMPOSE_BYTES = 1024 ** 2

/**
 * Reads a Compose file and the files it names.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line; {NotFoundError} if a file is missing
 */
export async function readPlan(path: string): Promise<Plan> {
  const composeFile = resolve(path)
  const text = new TextDecoder().decode(await readBounded(composeFile, MAX_COMPOSE_BYTES))
  const parsed = parseComposeFile(text, { file: path })
  const paths = new Map(parsed.files.map((file) => [file, resolve(dirname(composeFile), file)]))
  const blobs = new Map<string, Uint8Array>()
  for (const [file, absolute] of paths) blobs.set(file, await readBounded(absolute, MAX_BLOB_BYTES))

  const built = buildManifest(parsed, { blobs, salt: bytesToHex(randomBytes(32)) })
  const name = parsed.name ?? basename(dirname(composeFile))
  return {
    ...built,
    name,
    composeFile,
    tender: parsed.tender,
    notes: parsed.notes,
    files: filesOf(parsed, built, paths),
  }
}

function filesOf(parsed: ParsedCompose, { manifest }: BuiltManifest, paths: ReadonlyMap<string, string>) {
  const files: Record<Hex, string> = {}
  for (const { name, image } of manifest.services) {
    const written = parsed.services[name]?.image
    const path = written === undefined ? undefined : paths.get(written)
    if (path && image.kind === 'blob') files[image.sha256] = path
  }
  return files
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new NotFoundError(`${path} does not exist`, { code: 'fileNotFound', cause, data: { path } })
      : new TenderError(`${path} cannot be read`, { code: 'fileUnreadable', class: 'user', cause, data: { path } })
  })
  try {
    const info = await file.stat()
    if (!info.isFile()) throw notAFile(path, info.isDirectory())
    const { size } = info
    if (size <= maxBytes) return await file.readFile()
    throw new TenderError(`${path} has ${size} bytes, the most is ${maxBytes}`, { code: 'fileTooLarge', class: 'user' })
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
