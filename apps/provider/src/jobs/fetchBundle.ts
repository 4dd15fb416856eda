import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cidOf, fetchContent } from '@tender/content'
import { bundledBlob } from '@tender/driver'
import { JOB_FILE, jobBlobs, jobText, type Manifest, TenderError } from '@tender/protocol'
import type { JobKeeperOptions, Ordered } from './jobKeeperOptions.ts'
import { pinOf } from './jobKeeperOptions.ts'
import type { JobPeers } from './jobPeers.ts'

/** Blocks name their parts, so a bundle is some more bytes than its files. */
const OVERHEAD = 1.05
const OVERHEAD_BYTES = 16 * 2 ** 20
const MOST_FILES = 200_000

/** A bundle that has not come in this time is asked for anew; what came is kept. */
const FETCH_TIMEOUT_MS = 30 * 60_000

/**
 * Brings a job's bundle here, checks it and lays it out for its tasks. Goes on where an earlier call ended.
 *
 * @throws {ContentUnavailableError} while its tenant does not give it
 * @throws {TenderError} of class `user` if it is not what was ordered, larger than announced, or malformed
 */
export async function fetchBundle(
  { content, places }: Pick<JobKeeperOptions, 'content' | 'places'>,
  record: Ordered,
  peers: Pick<JobPeers, 'sourceAt'>,
  signal: AbortSignal,
): Promise<void> {
  const { leaseId, jobTerms, manifest, agentKey, agentAddresses = [] } = record
  const bytes = (manifest.brief.job?.bundleBytes ?? 0) * OVERHEAD + OVERHEAD_BYTES
  const cid = cidOf(jobTerms.inputs)
  const within = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
  await fetchContent({
    cid,
    store: content,
    source: agentKey ? [peers.sourceAt({ publicKey: agentKey, addresses: agentAddresses })] : [],
    limits: { bytes, blocks: Math.ceil(bytes / 1024) + MOST_FILES },
    pin: pinOf.bundle(leaseId),
    signal: within,
  })
  const dir = places.bundle(leaseId)
  await rm(dir, { recursive: true, force: true })
  await content.exportTo(cid, dir, { bytes, files: MOST_FILES }, within)
  await checkBundle(dir, manifest)
}

/** Validators have the bundle alone: it must say the same as the manifest. */
async function checkBundle(dir: string, manifest: Manifest): Promise<void> {
  const text = await readFile(join(dir, JOB_FILE), 'utf8').catch(() => undefined)
  if (text !== jobText(manifest)) throw wrong(`its ${JOB_FILE} is not the manifest's`)
  for (const { sha256 } of jobBlobs(manifest)) {
    const found = await sha256Of(bundledBlob(dir, sha256)).catch(() => undefined)
    if (found !== sha256.replace(/^0x/, '').toLowerCase()) throw wrong(`it has no file ${sha256}`)
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

function wrong(reason: string): TenderError {
  return new TenderError(`the job's bundle is not what was ordered: ${reason}`, { code: 'badBundle', class: 'user' })
}
