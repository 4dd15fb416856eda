import { leaseEscrowAbi, orderBookAbi } from '@tender/abi'
import { type JobTerms, sampledTasks, TenderError, type Terms, tasksOfReplica } from '@tender/protocol'
import { findJobEvents, getAuction, getJob, type Job, type JobEvent, type MarketClient } from '@tender/sdk'
import { type Address, type Hex, hexToString } from 'viem'

/** A job whose validators were drawn, as the chain has it now. */
export type DrawnJob = {
  lease: Hex
  terms: Terms
  /** Until when machine time was bought for it; Unix seconds. */
  end: number
  jobTerms: JobTerms
  /** How many leases share the order's tasks. */
  replicas: number
  begunBlock: number
  submittedBlock: number
  /** What was submitted: the root over the watermarks, and where the result is found. */
  root: Hex
  cid: string
  progress: readonly Hex[]
  /** The last draw's, which samples. */
  seed: Hex
  /** What verdicts are signed for: the seed, or what a challenge made of it. */
  verdictSeed: Hex
  /** All that verdicts were ever signed for. */
  verdictSeeds: readonly Hex[]
  /** Drawn last, in their order. */
  validators: readonly Address[]
  /** Everybody who was ever drawn: they may have the job's content. */
  everDrawn: readonly Address[]
  /** What the tenant challenged; none if it did not. */
  challenged: readonly number[]
  state: Job
}

/** Nodes refuse to search more blocks than about this at once. */
const PAGE_BLOCKS = 10_000

/**
 * Reads a job anew. `undefined` if nobody was ever drawn for it: its draw was taken back.
 *
 * @throws {TenderError} `chainMoved` while it was read; {RpcUnreachableError}
 */
export async function readDrawnJob(
  client: MarketClient,
  { lease, terms, opened, end }: { lease: Hex; terms: Terms; opened: number; end: number },
): Promise<DrawnJob | undefined> {
  const [state, events] = await Promise.all([getJob(client, { lease }), findJobEvents(client, { lease })])
  const story = storyOf(events)
  if (!story) return undefined
  // Read at two moments: only what fits together counts.
  const isJudged = state.state === 'drawn' || state.state === 'redrawn'
  if (isJudged && state.commitment !== story.verdictSeed) {
    throw new TenderError(`the chain moved while job ${lease} was read`, { code: 'chainMoved', class: 'network' })
  }
  return { lease, terms, end, replicas: await replicasOf(client, { terms, opened }), state, ...story }
}

type Story = Omit<DrawnJob, 'lease' | 'terms' | 'end' | 'replicas' | 'state'>

/** What the events of a job tell, the oldest first; `undefined` while no validators were drawn. Pure. */
export function storyOf(events: readonly JobEvent[]): Story | undefined {
  const progress: Hex[] = []
  const everDrawn: Address[] = []
  let begun: { jobTerms: JobTerms; begunBlock: number } | undefined
  let submitted: { submittedBlock: number; root: Hex; cid: string } | undefined
  let drawn: { seed: Hex; validators: readonly Address[] } | undefined
  const verdictSeeds: Hex[] = []
  let challenged: readonly number[] = []
  for (const { type, args, block } of events) {
    if (type === 'JobBegun') begun = { jobTerms: args.jobTerms, begunBlock: block }
    else if (type === 'JobProgressed') progress.push(args.root)
    else if (type === 'JobSubmitted')
      submitted = { submittedBlock: block, root: args.resultRoot, cid: hexToString(args.cid) }
    else if (type === 'JobDrawn') {
      drawn = { seed: args.seed, validators: args.validators }
      everDrawn.push(...args.validators)
      verdictSeeds.push(args.seed)
    } else if (type === 'JobChallenged') {
      challenged = args.tasks
      verdictSeeds.push(args.seed)
    }
  }
  const verdictSeed = verdictSeeds.at(-1)
  if (!begun || !submitted || !drawn || !verdictSeed) return undefined
  return { ...begun, ...submitted, ...drawn, progress, everDrawn, challenged, verdictSeed, verdictSeeds }
}

/** The tasks that this job's validators run again, rising: those that the draw chose, and those that the tenant challenged. */
export function tasksToJudge({ jobTerms, replicas, terms, seed, challenged }: DrawnJob): readonly number[] {
  const own = tasksOfReplica(jobTerms.tasks, replicas, terms.index)
  const asked = challenged.filter((task) => own.includes(task))
  return [...new Set([...sampledTasks(seed, own, jobTerms.sample), ...asked])].sort((a, b) => a - b)
}

/**
 * How many leases the order asked for: the book opens all of them at once or none, but for an auction on the chain, which tells its
 * order's content.
 */
async function replicasOf(client: MarketClient, { terms, opened }: { terms: Terms; opened: number }): Promise<number> {
  const { order, tenant } = terms
  const { state } = await getAuction(client, { order })
  if (state !== 'none') return postedReplicas(client, order, opened)
  const at = BigInt(opened)
  const events = await client.rpc.getContractEvents({
    address: client.book.contracts.leaseEscrow,
    abi: leaseEscrowAbi,
    eventName: 'LeaseOpened',
    args: { tenant },
    fromBlock: at,
    toBlock: at,
    strict: true,
  })
  return events.filter(({ args }) => args.terms.order === order).length
}

async function postedReplicas(client: MarketClient, order: Hex, opened: number): Promise<number> {
  for (let to = opened; to >= client.book.deployBlock; to -= PAGE_BLOCKS) {
    const [posted] = await client.rpc.getContractEvents({
      address: client.book.contracts.orderBook,
      abi: orderBookAbi,
      eventName: 'OrderPosted',
      args: { order },
      fromBlock: BigInt(Math.max(client.book.deployBlock, to - PAGE_BLOCKS + 1)),
      toBlock: BigInt(to),
      strict: true,
    })
    if (posted) return posted.args.content.replicas
  }
  throw new Error(`the order ${order} of an auction was never posted`)
}
