import type { JobTerms } from '@tender/protocol'
import { getAsset, type MarketAsset, type MarketClient } from '@tender/sdk'
import type { TenantLease } from '@tender/tenant'
import type { Context } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openAccountMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'
import { findJob } from './findJobs.ts'

/** One lease of a job, and the account that pays for it. */
export type PaidJob = { market: MarketClient; lease: TenantLease; jobTerms: JobTerms; asset: MarketAsset }

/** Does something, as the tenant, with each lease of the job whose order's or lease's id begins so. In the order of the leases. */
export async function withJob<Result>(
  context: Context,
  prefix: string,
  work: (job: PaidJob) => Promise<Result>,
): Promise<Result[]> {
  const { name, market } = await openAccountMarket(context)
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const { jobTerms, leases } = await findJob({ market, records }, prefix)
  const done: Result[] = []
  // One after the other: they are transactions of one account.
  for (const lease of leases) {
    const asset = await getAsset(market, { asset: lease.terms.asset })
    done.push(await work({ market, lease, jobTerms, asset }))
  }
  return done
}
