import type { Job } from '@tender/api'
import type { TenantLease } from '@tender/tenant'
import { shortHex } from '../../../shared/format/hex.ts'

/** What a job is called: as it was ordered from here, else by its lease. */
export function jobTitle({ lease }: Pick<Job, 'lease'>, record: TenantLease | undefined): string {
  return record && !record.name.startsWith('Lease ') ? record.name : `Job ${shortHex(lease)}`
}
