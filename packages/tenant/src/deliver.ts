import { askStatus, type LeaseStatus, type ManifestReceipt, RefusedError, sendManifest } from '@tender/network/browser'
import { failureClass, type Manifest, type SecretSource, TenderError, TimedOutError } from '@tender/protocol'
import type { Hex } from 'viem'
import { shortId, type TenantLease } from './records.ts'
import { sealSecrets } from './sealSecrets.ts'
import { sleep } from './sleep.ts'
import type { Tenant } from './tenant.ts'

/** Images may have to be fetched, and services wait for each other to be healthy. */
const READY_TIMEOUT_MS = 15 * 60_000
/** How long a provider may be away meanwhile. */
const AWAY_MS = 60_000
/** A provider whose endpoint is behind ours has not seen the lease's block yet. */
const UNKNOWN_MS = 20_000
const ASK_EVERY_MS = 25
/** Who waits for long does not ask as often. */
const SLOWEST_ASK_MS = 1_000

/** What a lease's provider is to run. */
export type Delivery = {
  manifest: Manifest
  /** Where the files that travel with the manifest are, by SHA-256. */
  files: Readonly<Record<Hex, string>>
  /** Where the values of its secrets are, by name. */
  secretSources?: Readonly<Record<string, SecretSource>> | undefined
  /** 0 unless told: what was ordered. */
  revision?: number | undefined
}

export type SendProgress = (progress: { sentBytes: number; totalBytes: number }) => void

/** Sends an order's manifest to a lease's provider. Idempotent. @returns the lease with its URL, if it serves */
export async function deliver(
  tenant: Tenant,
  delivery: Delivery,
  lease: TenantLease,
  onProgress: SendProgress,
  signal: AbortSignal,
): Promise<TenantLease> {
  const { url } = await onceKnown(() => send(tenant, delivery, lease, onProgress, signal), signal)
  const delivered = url === undefined ? lease : { ...lease, url }
  await tenant.records.leases.put(lease.leaseId, delivered)
  return delivered
}

/** Asks again while the provider knows no such lease. */
async function onceKnown<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const startedAt = Date.now()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isUnknown = error instanceof RefusedError && error.code === 'unknownLease'
      if (!isUnknown || Date.now() > startedAt + UNKNOWN_MS) throw error
    }
    await sleep(SLOWEST_ASK_MS, signal)
  }
}

/** Sends a manifest, the files that its provider lacks, and its secrets, sealed to that provider. */
export async function send(
  { node, sources }: Pick<Tenant, 'node' | 'sources'>,
  { manifest, files, secretSources = {}, revision = 0 }: Delivery,
  { leaseId, provider }: Pick<TenantLease, 'leaseId' | 'provider'>,
  onProgress: SendProgress,
  signal: AbortSignal,
): Promise<ManifestReceipt> {
  const readBlob = ({ sha256 }: { sha256: Hex }) => {
    const place = files[sha256]
    if (place !== undefined) return sources.readFile(place)
    throw new TenderError(`the file with SHA-256 ${sha256} is not known any more`, {
      code: 'fileNotFound',
      class: 'notFound',
    })
  }
  const secrets = await sealSecrets(sources, secretSources, { leaseId, provider })
  return sendManifest(node, provider, { lease: leaseId, manifest, revision, secrets, readBlob, onProgress }, signal)
}

/**
 * Waits until the provider says that the workload runs.
 *
 * @throws {TenderError} `workloadFailed` with the provider's reason; {TimedOutError}
 */
export async function waitUntilRunning(
  { node }: Pick<Tenant, 'node'>,
  lease: TenantLease,
  signal: AbortSignal,
  onStatus: (status: LeaseStatus) => void = () => {},
): Promise<LeaseStatus> {
  const startedAt = Date.now()
  let heardAt = startedAt
  while (Date.now() < startedAt + READY_TIMEOUT_MS) {
    const status = await askStatus(node, lease.provider, { lease: lease.leaseId }, signal).catch((error) => {
      signal.throwIfAborted()
      // A provider that restarts goes on by itself.
      if (failureClass(error) !== 'network' || Date.now() > heardAt + AWAY_MS) throw error
    })
    if (status) heardAt = Date.now()
    if (status?.phase === 'ready' || status?.phase === 'ended') return status
    // Given up so soon that it is over already.
    if (status?.phase === 'failed' || status?.phase === 'stopped') {
      throw new TenderError(`the workload does not run: ${status.reason ?? 'no reason given'}`, {
        code: 'workloadFailed',
        class: 'workload',
        hint: `Read its log with \`tender logs ${shortId(lease.leaseId)}\`.`,
        data: { leaseId: lease.leaseId },
      })
    }
    if (status) onStatus(status)
    await sleep(pauseMs(startedAt), signal)
  }
  throw new TimedOutError('the workload', {
    limitMs: READY_TIMEOUT_MS,
    hint: 'It may still come: run `tender up` again to go on waiting, or `tender close` it.',
  })
}

/** The longer something takes, the longer is the pause before it is asked for again. */
export function pauseMs(startedAt: number): number {
  return Math.min(SLOWEST_ASK_MS, Math.max(ASK_EVERY_MS, (Date.now() - startedAt) / 20))
}
