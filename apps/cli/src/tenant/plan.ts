import { randomBytes } from 'node:crypto'
import { basename, dirname, resolve } from 'node:path'
import { MAX_SECRETS_BYTES } from '@tender/network'
import {
  type BlobFacts,
  type BuiltManifest,
  buildManifest,
  type InputIssue,
  MAX_BLOB_BYTES,
  MAX_MANIFEST_BYTES,
  NotFoundError,
  type ParsedCompose,
  parseComposeFile,
  SEAL_OVERHEAD_BYTES,
  type SecretSource,
  TenderError,
} from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'
import { readBlobFacts, readBounded } from './readFile.ts'
import { readSecret } from './readSecret.ts'

/** What a Compose file asks for, ready to be ordered. */
export type Plan = BuiltManifest & {
  name: string
  /** Absolute path. */
  composeFile: string
  tender: ParsedCompose['tender']
  notes: readonly InputIssue[]
  /** Absolute paths of the files that travel with the manifest, by SHA-256. */
  files: Record<Hex, string>
  /** Where each secret's value is, by name, paths absolute, see {@link readSecret}. The values themselves are not kept. */
  secretSources: Record<string, SecretSource>
}

export type PlanOptions = {
  /** A lease whose volumes the new one takes over, if the file has any. */
  volumesOf?: Hex | undefined
  signal?: AbortSignal | undefined
}

/** A Compose file is written by hand; a larger one is something else. */
const MAX_COMPOSE_BYTES = 1024 ** 2

/**
 * Reads a Compose file and all that it names. Each secret is looked at, so that a missing one is known before anything costs
 * money.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line; {NotFoundError} if a file is missing
 */
export async function readPlan(path: string, { volumesOf, signal }: PlanOptions = {}): Promise<Plan> {
  const composeFile = resolve(path)
  const text = new TextDecoder().decode(await readBounded(composeFile, MAX_COMPOSE_BYTES))
  const parsed = parseComposeFile(text, { file: path })
  const absolute = (file: string) => resolve(dirname(composeFile), file)
  const images = await readImages(parsed, absolute, signal)
  const built = buildManifest(parsed, {
    images,
    files: await readSmallFiles(parsed, absolute),
    variables: ownVariables(parsed.variables),
    salt: bytesToHex(randomBytes(32)),
    volumesOf,
  })
  const secretSources = placedSecrets(parsed, absolute)
  await checkSecrets(secretSources)
  return {
    ...built,
    name: parsed.name ?? basename(dirname(composeFile)),
    composeFile,
    tender: parsed.tender,
    notes: parsed.notes,
    files: Object.fromEntries([...images].map(([file, { sha256 }]) => [sha256, absolute(file)])),
    secretSources,
  }
}

/** @throws see {@link readSecret}; {TenderError} `secretTooLarge` */
async function checkSecrets(sources: Record<string, SecretSource>): Promise<void> {
  let bytes = 0
  for (const source of Object.values(sources)) bytes += (await readSecret(source)).length + SEAL_OVERHEAD_BYTES
  if (bytes <= MAX_SECRETS_BYTES) return
  throw new TenderError(`the secrets have ${bytes} bytes together, sealed; the most is ${MAX_SECRETS_BYTES}`, {
    code: 'secretTooLarge',
    class: 'user',
    hint: 'Put what need not be secret into configs or the image.',
  })
}

type Absolute = (file: string) => string

async function readImages({ files }: ParsedCompose, absolute: Absolute, signal: AbortSignal | undefined) {
  const images = new Map<string, BlobFacts>()
  for (const { role, path } of files) {
    if (role === 'image') images.set(path, await readBlobFacts(absolute(path), MAX_BLOB_BYTES, signal))
  }
  return images
}

async function readSmallFiles({ files }: ParsedCompose, absolute: Absolute): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const { role, path, required } of files) {
    if (role === 'image') continue
    try {
      contents.set(path, await readBounded(absolute(path), MAX_MANIFEST_BYTES))
    } catch (error) {
      if (required || !(error instanceof NotFoundError)) throw error
    }
  }
  return contents
}

function ownVariables(names: readonly string[]): Map<string, string> {
  return new Map(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function placedSecrets({ secrets }: ParsedCompose, absolute: Absolute): Record<string, SecretSource> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, source]) => [
      name,
      'file' in source ? { file: absolute(source.file) } : source,
    ]),
  )
}
