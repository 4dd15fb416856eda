import { askJobStatus, type JobStatus, type NetworkNode } from '@tender/network'
import { failureClass, tasksOfReplica } from '@tender/protocol'
import { getAsset, getJob, getLease, type JobStateName, type MarketAsset, type MarketClient } from '@tender/sdk'
import { agentFor, asker, ifKnown, type TenantLease, type TenantRecords } from '@tender/tenant'
import { type DueStep, dueStep, type JobOutcome, outcomeOf, priceOf } from '@tender/tenant/jobs'
import type { Hex } from 'viem'
import { withAgent } from '../tenant/agents.ts'
import type { KnownJob } from './findJobs.ts'

/** How one lease of a job stands. Times are unix seconds, amounts smallest units. */
export type JobView = {
  order: Hex
  leaseId: Hex
  name: string
  provider: bigint
  /** `unknown` if the chain does not know the lease: it may have been started anew. */
  state: JobStateName | 'unknown'
  challenged: boolean
  deadline: number
  /** Until when the tenant may challenge, and until when validators have to decide; where that is so. */
  challengeUntil: number | undefined
  verdictUntil: number | undefined
  /** Of this lease. */
  tasks: number
  done: number | undefined
  failed: number | undefined
  price: bigint
  outcome: JobOutcome | undefined
  /** What is due by the contract's deadlines, and nobody sent yet. */
  due: DueStep | undefined
  /** What the provider says does not work. */
  trouble: string | undefined
  asset: MarketAsset
  /** What a penalty is counted in. */
  stakeToken: MarketAsset
}

type Place = { home: string; market: MarketClient; records: TenantRecords; bootstrap: readonly string[] }

/** A list is not held up by a provider that is gone. */
const ASK_TIMEOUT_MS = 3_000

/** How the leases of jobs stand, by the chain and, while tasks run, by their providers. */
export async function viewJobs(place: Place, jobs: readonly KnownJob[], signal: AbortSignal): Promise<JobView[]> {
  return (await Promise.all(jobs.map((job) => viewJob(place, job, signal)))).flat()
}

/** How the leases of jobs stand by the chain alone. */
export async function viewJobsOnChain(market: MarketClient, jobs: readonly KnownJob[]): Promise<JobView[]> {
  const views = jobs.flatMap((job) => job.leases.map((lease) => chainView(market, job, lease)))
  return Promise.all(views)
}

async function viewJob(place: Place, job: KnownJob, signal: AbortSignal): Promise<JobView[]> {
  const views = await Promise.all(job.leases.map((lease) => chainView(place.market, job, lease)))
  const working = new Set(views.filter(isWorking).map(({ leaseId }) => leaseId))
  const byAgent = Map.groupBy(
    job.leases.filter(({ leaseId }) => working.has(leaseId)),
    (lease) => agentFor(job.record, lease),
  )
  const asked = [...byAgent].map(([agent, leases]) =>
    withAgent({ ...place, bootstrap: [] }, agent, (node) =>
      Promise.all(leases.map(async (lease) => [lease.leaseId, await ask(place, node, lease, signal)] as const)),
    ),
  )
  const told = new Map((await Promise.all(asked)).flat())
  return views.map((view) => {
    const status = told.get(view.leaseId)
    return status ? withStatus(view, status) : view
  })
}

const isWorking = ({ state }: JobView) => state !== 'ended' && state !== 'unknown'

async function chainView(market: MarketClient, { record, jobTerms }: KnownJob, lease: TenantLease): Promise<JobView> {
  const { terms, leaseId } = lease
  const [asset, stakeToken, known, job] = await Promise.all([
    getAsset(market, { asset: terms.asset }),
    getAsset(market, { asset: market.book.contracts.stakeToken }),
    ifKnown(getLease(market, { lease: terms })),
    getJob(market, { lease: leaseId }),
  ])
  const tasks = tasksOfReplica(jobTerms.tasks, record.order.replicas, terms.index).length
  const outcome =
    known && job.state === 'ended' ? await outcomeOf(market, { ...lease, order: record.order }) : undefined
  return {
    order: record.id,
    leaseId,
    name: record.name,
    provider: terms.provider,
    state: known ? job.state : 'unknown',
    challenged: job.challenged,
    deadline: terms.start + jobTerms.deadlineSeconds,
    challengeUntil: job.challengeUntil,
    verdictUntil: job.verdictUntil,
    tasks,
    done: undefined,
    failed: undefined,
    price: priceOf(terms, record.order),
    outcome,
    due: known ? dueStep(job, { terms, jobTerms, working: false }) : undefined,
    trouble: undefined,
    asset,
    stakeToken,
  }
}

function withStatus(view: JobView, status: JobStatus | { silent: string }): JobView {
  if ('silent' in status) return { ...view, trouble: status.silent }
  // While it is fetching both sides want to wait.
  const isFetching = status.phase === 'fetching' || status.phase === 'ready'
  const due = view.state === 'opened' && isFetching ? undefined : view.due
  return { ...view, done: status.done, failed: status.failed, due, trouble: status.reason }
}

async function ask(
  { records, bootstrap }: Place,
  node: NetworkNode,
  record: TenantLease,
  signal: AbortSignal,
): Promise<JobStatus | { silent: string }> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)])
  const reach = asker({ node, records, record, bootstrap, signal: within })
  const question = { lease: record.leaseId, from: 0 }
  try {
    return await reach((provider, at) => askJobStatus(at, provider, question, within))
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    const why = within.aborted ? 'did not answer in time' : 'cannot be asked'
    return { silent: `its provider ${why}: what the chain says is here` }
  }
}
