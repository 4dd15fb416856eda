import { MAX_SECRETS_BYTES } from '@tender/network/browser'
import {
  type BlobFacts,
  type BuiltManifest,
  buildManifest,
  type InputIssue,
  type JobParameters,
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
import type { Sources } from './tenant.ts'

/** What a Compose file asks for, ready to be ordered. */
export type Plan = BuiltManifest & {
  name: string
  /** Which file it is: its absolute path, or whatever else says that two orders are for the same. */
  composeFile: string
  tender: ParsedCompose['tender']
  notes: readonly InputIssue[]
  /** Where the files that travel with the manifest are, by SHA-256, see {@link Sources}. */
  files: Record<Hex, string>
  /** Where each secret's value is, by name. The values themselves are not kept. */
  secretSources: Record<string, SecretSource>
}

export type PlanOptions = {
  /** A lease whose volumes the new one takes over, if the file has any. */
  volumesOf?: Hex | undefined
  /** For a file with `x-tender.job`. */
  job?: JobParameters | undefined
  /** Absent: random. A job is planned twice with the same, before its bundle is made and after. */
  salt?: Hex | undefined
  signal?: AbortSignal | undefined
}

/** What a Compose file refers to, wherever that is. */
export type ComposeSources = Pick<Sources, 'readSecret'> & {
  /** Which file it is, and what it is called in messages. */
  composeFile: string
  shownAs: string
  /** What the project is called if the file does not say. */
  name: string
  /** Where a file is that the Compose file names: what `Plan.files` and a secret's source then have. */
  placeOf(named: string): string
  /** What has to be known of an image. @throws {NotFoundError} {TenderError} `fileTooLarge` */
  imageFacts(place: string, maxBytes: number, signal: AbortSignal | undefined): Promise<BlobFacts>
  /** @throws {NotFoundError} {TenderError} `fileTooLarge` */
  readSmall(place: string, maxBytes: number): Promise<Uint8Array>
  /** The value of a variable of the environment. */
  variable(name: string): string | undefined
}

/**
 * Plans what a Compose file asks for, with all that it names. Each secret is looked at, so that a missing one is known before
 * anything costs money.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line; {NotFoundError} if a file is missing
 */
export async function planOf(
  text: string,
  sources: ComposeSources,
  { volumesOf, job, salt, signal }: PlanOptions = {},
): Promise<Plan> {
  const parsed = parseComposeFile(text, { file: sources.shownAs })
  if (parsed.tender.job && !job)
    throw new TenderError(`${sources.shownAs} asks for a job`, {
      code: 'isJob',
      class: 'user',
      hint: 'Run it with `tender run`; what is brought up is a service.',
    })
  const images = await readImages(parsed, sources, signal)
  const built = buildManifest(parsed, {
    images,
    files: await readSmallFiles(parsed, sources),
    variables: knownVariables(parsed.variables, sources),
    salt: salt ?? bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
    volumesOf,
    job,
  })
  const secretSources = placedSecrets(parsed, sources)
  await checkSecrets(secretSources, sources)
  return {
    ...built,
    name: parsed.name ?? sources.name,
    composeFile: sources.composeFile,
    tender: parsed.tender,
    notes: parsed.notes,
    files: Object.fromEntries([...images].map(([file, { sha256 }]) => [sha256, sources.placeOf(file)])),
    secretSources,
  }
}

/** @throws see {@link Sources}; {TenderError} `secretTooLarge` */
async function checkSecrets(secrets: Record<string, SecretSource>, { readSecret }: ComposeSources): Promise<void> {
  let bytes = 0
  for (const source of Object.values(secrets)) bytes += (await readSecret(source)).length + SEAL_OVERHEAD_BYTES
  if (bytes <= MAX_SECRETS_BYTES) return
  throw new TenderError(`the secrets have ${bytes} bytes together, sealed; the most is ${MAX_SECRETS_BYTES}`, {
    code: 'secretTooLarge',
    class: 'user',
    hint: 'Put what need not be secret into configs or the image.',
  })
}

async function readImages({ files }: ParsedCompose, sources: ComposeSources, signal: AbortSignal | undefined) {
  const images = new Map<string, BlobFacts>()
  for (const { role, path } of files) {
    if (role === 'image') images.set(path, await sources.imageFacts(sources.placeOf(path), MAX_BLOB_BYTES, signal))
  }
  return images
}

async function readSmallFiles({ files }: ParsedCompose, sources: ComposeSources): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const { role, path, required } of files) {
    if (role === 'image') continue
    try {
      contents.set(path, await sources.readSmall(sources.placeOf(path), MAX_MANIFEST_BYTES))
    } catch (error) {
      if (required || !(error instanceof NotFoundError)) throw error
    }
  }
  return contents
}

function knownVariables(names: readonly string[], { variable }: ComposeSources): Map<string, string> {
  return new Map(
    names.flatMap((name) => {
      const value = variable(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function placedSecrets({ secrets }: ParsedCompose, { placeOf }: ComposeSources): Record<string, SecretSource> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, source]) => [name, 'file' in source ? { file: placeOf(source.file) } : source]),
  )
}
