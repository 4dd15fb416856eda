import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { askStatus, type LeaseStatus, sendManifest } from '@tender/network'
import { TenderError, TimedOutError } from '@tender/protocol'
import { type OrderRecord, shortId, type TenantLease } from './records.ts'
import type { Tenant } from './tenant.ts'

/** A workload whose image came with the manifest has no reason to take longer. */
const READY_TIMEOUT_MS = 60_000
const ASK_EVERY_MS = 25

/** Sends an order's manifest to a lease's provider. Idempotent. @returns the lease with its URL, if it serves */
export async function deliver(
  { node, records }: Tenant,
  { manifest, files }: OrderRecord,
  lease: TenantLease,
  onProgress: (progress: { sentBytes: number; totalBytes: number }) => void,
  signal: AbortSignal,
): Promise<TenantLease> {
  const readBlob = ({ sha256 }: { sha256: `0x${string}` }) => {
    const path = files[sha256]
    if (path) return createReadStream(path)
    throw new TenderError(`the file with SHA-256 ${sha256} is not known any more`, {
      code: 'fileNotFound',
      class: 'notFound',
    })
  }
  const delivery = { lease: lease.leaseId, manifest, readBlob, onProgress }
  const { url } = await sendManifest(node, lease.provider, delivery, signal)
  const delivered = url === undefined ? lease : { ...lease, url }
  await records.leases.put(lease.leaseId, delivered)
  return delivered
}

/**
 * Waits until the provider says that the workload runs.
 *
 * @throws {TenderError} `workloadFailed` with the provider's reason; {TimedOutError}
 */
export async function waitUntilRunning(
  { node }: Tenant,
  lease: TenantLease,
  signal: AbortSignal,
): Promise<LeaseStatus> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    const status = await askStatus(node, lease.provider, { lease: lease.leaseId }, signal)
    if (status.phase === 'ready' || status.phase === 'ended') return status
    if (status.phase === 'failed') {
      throw new TenderError(`the workload does not run: ${status.reason ?? 'no reason given'}`, {
        code: 'workloadFailed',
        class: 'workload',
        hint: `Read its log with \`tender logs ${shortId(lease.leaseId)}\`.`,
        data: { leaseId: lease.leaseId },
      })
    }
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
  throw new TimedOutError('the workload', { limitMs: READY_TIMEOUT_MS })
}
