import { failureClass, type JobTerms, jobTermsOf, kinds, NotFoundError } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { findOrder, type OrderRecord, type TenantLease, type TenantRecords } from '@tender/tenant'
import { leasesOf } from '@tender/tenant/jobs'

/** A job of this tenant's, as it is recorded. */
export type KnownJob = { record: OrderRecord; jobTerms: JobTerms; leases: TenantLease[] }

type Place = { market: MarketClient; records: TenantRecords }

/** All jobs that were ordered on this machine, the latest first. */
export async function allJobs(place: Place): Promise<KnownJob[]> {
  const orders = (await place.records.orders.all()).filter(({ order }) => order.kind === kinds.job)
  const jobs = await Promise.all(orders.map((record) => jobOf(place, record)))
  return jobs.sort((a, b) => b.record.placedAtMs - a.record.placedAtMs)
}

/**
 * The job whose order's id begins so, with all its leases; or of which a lease's id does, with that one. The latest if nothing is said.
 *
 * @throws {NotFoundError} `noJobs`, `unknownJob`, `notAJob`; {TenderError} `ambiguous`
 */
export async function findJob(place: Place, prefix: string | undefined): Promise<KnownJob> {
  if (prefix === undefined) {
    const [latest] = await allJobs(place)
    if (latest) return latest
    throw new NotFoundError('no job was ordered yet', { code: 'noJobs', hint: 'Run one with `tender run`.' })
  }
  const record = await findOrder(place.records, prefix).catch((error) => {
    throw failureClass(error) === 'notFound' ? unknownJob(prefix) : error
  })
  const job = await jobOf(place, record)
  const isOf = (id: string) => id.startsWith(prefix.toLowerCase()) || id.slice(2).startsWith(prefix.toLowerCase())
  if (isOf(record.id)) return job
  return { ...job, leases: job.leases.filter(({ leaseId }) => isOf(leaseId)) }
}

function unknownJob(prefix: string): NotFoundError {
  return new NotFoundError(`no job of yours, and no lease of one, begins with ${prefix}`, {
    code: 'unknownJob',
    hint: 'List what there is with `tender job ps --all`.',
  })
}

async function jobOf(place: Place, record: OrderRecord): Promise<KnownJob> {
  const jobTerms = jobTermsOf(record.manifest.brief)
  if (jobTerms) return { record, jobTerms, leases: await leasesOf(place, record) }
  throw new NotFoundError(`${record.name} is a service, and no job`, {
    code: 'notAJob',
    hint: 'See services with `tender ps`, and one with `tender lease show`.',
  })
}
