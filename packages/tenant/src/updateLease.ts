import { askStatus, type LeaseStatus } from '@tender/network/browser'
import { failureClass, type Manifest, TenderError, TimedOutError } from '@tender/protocol'
import { type Delivery, pauseMs, send } from './deliver.ts'
import { isSame } from './isSame.ts'
import type { Reach } from './reach.ts'
import { shortId, type TenantLease } from './records.ts'
import { sleep } from './sleep.ts'

/** An update waits for services to be healthy, and a large image may have to be fetched. */
const UPDATE_TIMEOUT_MS = 30 * 60_000

/** What happens to a lease that is updated, for whoever shows it. */
export type UpdateEvent =
  | { type: 'updating'; lease: TenantLease; revision: number }
  | { type: 'sending'; sentBytes: number; totalBytes: number }
  | { type: 'replacing'; lease: TenantLease; waitingFor: string | undefined }
  | { type: 'away'; lease: TenantLease; reason: string }
  | { type: 'updated'; lease: TenantLease; revision: number }

export type UpdateOptions = {
  onEvent(event: UpdateEvent): void
  signal: AbortSignal
}

type Updating = Pick<Reach, 'ask' | 'record' | 'records' | 'sources'>

/**
 * Has a lease's provider replace what runs by another version, and waits for how that ended. What is sent is recorded first: run
 * again, the same update goes on. Nothing stops if the new version never becomes healthy.
 *
 * @throws {TenderError} `updateFailed` with the provider's reason; {TimedOutError}; {RefusedError} `updateExceedsOrder`, …
 */
export async function updateLease(
  reach: Updating,
  wanted: Omit<Delivery, 'revision'>,
  options: UpdateOptions,
): Promise<TenantLease> {
  const { onEvent, signal } = options
  const lease = (await reach.records.leases.get(reach.record.leaseId)) ?? reach.record
  const before = await settledStatus({ ...reach, record: lease }, wanted.manifest, options)
  const pending = pendingOf(lease, wanted, before)
  await reach.records.leases.put(lease.leaseId, { ...lease, pending })
  onEvent({ type: 'updating', lease, revision: pending.revision })

  const delivery = { ...pending, secretSources: wanted.secretSources }
  const onProgress = (progress: { sentBytes: number; totalBytes: number }) => onEvent({ type: 'sending', ...progress })
  const { url } = await reach
    .ask((provider, node) =>
      send(
        { node, sources: reach.sources },
        delivery,
        { leaseId: lease.leaseId, provider: { ...provider, addresses: [...provider.addresses] } },
        onProgress,
        signal,
      ),
    )
    .catch(async (error) => {
      // What was refused is not under way; of what was cut off nobody knows, so that goes on.
      if (failureClass(error) !== 'network' && failureClass(error) !== 'cancelled') await forget(reach, lease)
      throw error
    })
  await done(reach, lease, pending.revision, options)
  // Read again: its provider may have been found elsewhere meanwhile.
  const { pending: _, ...current } = (await reach.records.leases.get(lease.leaseId)) ?? lease
  const { manifest, revision } = pending
  const updated = { ...current, manifest, revision, url }
  await reach.records.leases.put(lease.leaseId, updated)
  onEvent({ type: 'updated', lease: updated, revision })
  return updated
}

/** The update that was recorded, if it is the one that is wanted; else a new one, above all that were. */
function pendingOf(lease: TenantLease, { manifest, files }: Pick<Delivery, 'manifest' | 'files'>, status: LeaseStatus) {
  if (lease.pending && isSameManifest(lease.pending.manifest, manifest)) return lease.pending
  const known = [lease.revision, lease.pending?.revision, status.revision, status.update?.revision]
  return { revision: Math.max(...known.map((revision) => revision ?? 0)) + 1, manifest, files: { ...files } }
}

/** What a manifest asks for, without what each reading of its file makes anew. */
export function isSameManifest(one: Manifest, other: Manifest): boolean {
  const plain = ({ salt: _, brief: { volumesOf: __, ...brief }, ...rest }: Manifest) => ({ ...rest, brief })
  return isSame(plain(one), plain(other))
}

/** How the lease is once no other update is under way. */
async function settledStatus(reach: Updating, wanted: Manifest, { onEvent, signal }: UpdateOptions) {
  const { pending } = reach.record
  const isOwn = pending !== undefined && isSameManifest(pending.manifest, wanted)
  const startedAt = Date.now()
  for (;;) {
    const status = await reach.ask((provider, node) =>
      askStatus(node, provider, { lease: reach.record.leaseId }, signal),
    )
    const isOther = !(isOwn && status.update?.revision === pending?.revision)
    if (status.update?.state !== 'running' || !isOther) return status
    if (Date.now() > startedAt + UPDATE_TIMEOUT_MS) throw stillRuns(status.update.revision)
    onEvent({ type: 'replacing', lease: reach.record, waitingFor: `the update before, ${status.update.revision}` })
    await sleep(pauseMs(startedAt), signal)
  }
}

async function done(
  reach: Updating,
  lease: TenantLease,
  revision: number,
  { onEvent, signal }: UpdateOptions,
): Promise<void> {
  const startedAt = Date.now()
  while (Date.now() < startedAt + UPDATE_TIMEOUT_MS) {
    const status = await statusOrAway(reach, lease, { onEvent, signal })
    if (status?.update?.revision === revision && status.update.state !== 'running') {
      if (status.update.state === 'done') return
      await forget(reach, lease)
      throw updateFailed(lease, status.update.reason)
    }
    if (status?.phase === 'ended' || status?.phase === 'stopped') {
      await forget(reach, lease)
      throw updateFailed(lease, status.reason ?? 'the lease ended')
    }
    if (status) onEvent({ type: 'replacing', lease, waitingFor: status.waitingFor })
    await sleep(pauseMs(startedAt), signal)
  }
  throw stillRuns(revision)
}

/** A provider that restarts in the middle goes on by itself, so this waits for it. */
async function statusOrAway(reach: Updating, lease: TenantLease, { onEvent, signal }: UpdateOptions) {
  try {
    return await reach.ask((provider, node) => askStatus(node, provider, { lease: lease.leaseId }, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) !== 'network') throw error
    onEvent({ type: 'away', lease, reason: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

async function forget({ records }: Updating, { leaseId }: TenantLease): Promise<void> {
  const current = await records.leases.get(leaseId)
  if (!current) return
  const { pending: _, ...rest } = current
  await records.leases.put(leaseId, rest)
}

function updateFailed({ name, leaseId }: TenantLease, reason = 'its provider gave no reason'): TenderError {
  const id = shortId(leaseId)
  return new TenderError(`${name} (lease ${id}) was not updated: ${reason}`, {
    code: 'updateFailed',
    class: 'workload',
    hint: `What ran before runs on. Read the log with \`tender logs ${id}\`, mend the file and run \`tender up\` again.`,
    data: { leaseId },
  })
}

function stillRuns(revision: number): TimedOutError {
  return new TimedOutError(`update ${revision}`, {
    limitMs: UPDATE_TIMEOUT_MS,
    hint: 'Its provider is still at it: run `tender up` again to go on waiting.',
  })
}
