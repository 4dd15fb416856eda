import { formatAmount, type JobTerms } from '@tender/protocol'
import { getAsset, getJob, type Job, type MarketAsset, type MarketClient } from '@tender/sdk'
import { shortId, type TenantLease } from '@tender/tenant'
import { type DueStep, dueStep, priceOf } from '@tender/tenant/jobs'
import type { Hex } from 'viem'
import type { Context } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openAccountMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'
import { findJob, type KnownJob } from './findJobs.ts'

/** One lease of a job, how it stands, and the account that pays for it. */
export type PaidJob = {
  leaseId: Hex
  /** Its place in the order. */
  index: number
  market: MarketClient
  lease: TenantLease
  jobTerms: JobTerms
  /** What is held for it. */
  price: bigint
  asset: MarketAsset
  job: Job
  /** What its time is over for, and anybody may say. */
  due: DueStep | undefined
}

/** Acts, as the tenant, on the job whose order's or lease's id begins so: on all of its leases, in their order, or on that one. */
export async function withJob<Result>(
  context: Context,
  prefix: string,
  work: (jobs: readonly PaidJob[], known: KnownJob) => Promise<Result>,
): Promise<Result> {
  context.progress.status('asking the chain')
  const { name, market } = await openAccountMarket(context)
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const known = await findJob({ market, records }, prefix)
  const { record, jobTerms, leases } = known
  const jobs = await Promise.all(
    leases.map(async (lease): Promise<PaidJob> => {
      const { terms, leaseId } = lease
      const [asset, job] = await Promise.all([
        getAsset(market, { asset: terms.asset }),
        getJob(market, { lease: leaseId }),
      ])
      const due = dueStep(job, { terms, jobTerms, working: false })
      return {
        leaseId,
        index: terms.index,
        market,
        lease,
        jobTerms,
        price: priceOf(terms, record.order),
        asset,
        job,
        due,
      }
    }),
  )
  context.progress.status(undefined)
  return work(jobs, known)
}

/** Does something with each lease, one after the other: they are transactions of one account. */
export async function inTurn<Result>(
  jobs: readonly PaidJob[],
  work: (job: PaidJob) => Promise<Result>,
): Promise<Result[]> {
  const done: Result[] = []
  for (const job of jobs) done.push(await work(job))
  return done
}

/** How a lease is called to whoever acts on it. */
export function leaseTitle({ leaseId }: { leaseId: string }): string {
  return `lease ${shortId(leaseId)}`
}

/** An amount over all leases of a job, for people: they are paid for in one asset. */
export function sumOf(jobs: readonly PaidJob[], amount: (job: PaidJob) => bigint): string {
  const [first] = jobs
  const sum = jobs.reduce((total, job) => total + amount(job), 0n)
  return first ? formatAmount(sum, first.asset) : String(sum)
}
