import { type Hex, keccak256, stringToBytes } from 'viem'
import type { z } from 'zod'
import { InvalidInputError } from '../errors.ts'
import type { JobTerms } from '../messages.ts'
import type { JobSpec } from './jobSchemas.ts'
import {
  type BlobSpec,
  type Brief,
  blobsOf,
  MAX_MANIFEST_BYTES,
  type Manifest,
  privateSchema,
  privateText,
} from './manifest.ts'

/** Name of the file in a job's bundle that holds {@link jobText}. Beside it: `blobs/<sha256>` and `input/`. */
export const JOB_FILE = 'job.json'

/** What a validator needs to run a job's tasks again: everything of its manifest but the brief. */
export type PrivateJob = z.infer<typeof privateSchema> & { job: JobSpec }

/**
 * What stands in the `job.json` of a job's bundle: the private part of its manifest as canonical JSON, whose keccak256 is the
 * manifest's private hash. It does not depend on the bundle, so that the bundle can hold it and the brief name the bundle.
 *
 * @example
 * const draft = buildManifest(parsed, { images, salt, job: { inputFiles, asset } })
 * const bundle = await makeBundle(jobText(draft.manifest))
 * const { manifest } = buildManifest(parsed, { images, salt, job: { inputFiles, asset, bundle } })
 */
export function jobText(manifest: Omit<Manifest, 'brief'>): string {
  return privateText(manifest)
}

/**
 * Reads a `job.json`.
 *
 * @throws {InvalidInputError} `badJob`
 */
export function parseJobText(text: string): PrivateJob {
  const parsed = text.length > MAX_MANIFEST_BYTES ? undefined : privateSchema.safeParse(parseJson(text))
  const job = parsed?.data?.job
  if (!parsed?.success || !job || privateText(parsed.data) !== text)
    throw new InvalidInputError(`${JOB_FILE} is no job's`, [], { code: 'badJob', cause: parsed?.error })
  return { ...parsed.data, job }
}

/** The private hash of the manifest that a `job.json` is of. */
export function jobTextHash(text: string): Hex {
  return keccak256(stringToBytes(text))
}

/** All files of a job's bundle below `blobs/`: its image, if that travels, and its comparator. */
export function jobBlobs({ services, job }: Pick<Manifest, 'services' | 'job'>): BlobSpec[] {
  const compare = job && job.compare !== 'bytes' ? [{ image: job.compare }] : []
  return blobsOf([...services, ...compare])
}

/** What a brief says of a job's terms, as the order commits to them; `undefined` for a service. */
export function jobTermsOf({ job }: Pick<Brief, 'job'>): JobTerms | undefined {
  if (!job) return undefined
  const { cancelFee, verifyFee, ...terms } = job.terms
  return { ...terms, cancelFee: BigInt(cancelFee), verifyFee: BigInt(verifyFee) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
