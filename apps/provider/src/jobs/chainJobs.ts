import { TenderError, type Terms } from '@tender/protocol'
import {
  beginJob,
  drawJob,
  expireJob,
  findJobEvents,
  getJob,
  getLease,
  getMonitorWeight,
  type MarketClient,
  publishProgress,
  reanchorJob,
  redrawJob,
  resolveJob,
  splitJob,
  submitJob,
} from '@tender/sdk'
import type { ChainBlock, JobMarket, JobReference, JobView } from './jobMarket.ts'

/** A block so far below the newest one is hardly ever taken back. */
const BLOCKS_BELOW = 8

/** {@link JobMarket} over the chain, with the operator's account. */
export function chainJobs(client: MarketClient): JobMarket {
  /** The last block that was read: while the chain's RPC does not answer it is as good as any. */
  let latest: ChainBlock | undefined

  async function begunAt(terms: Terms): Promise<ChainBlock | undefined> {
    const events = await findJobEvents(client, { lease: terms })
    const begun = events.findLast(({ type }) => type === 'JobBegun')
    return begun && { block: begun.block, blockHash: begun.blockHash }
  }

  const named = ({ terms, jobTerms }: JobReference) => ({ lease: terms, jobTerms })
  return {
    async view(terms, known) {
      const { state, since, anchor, reanchors, challenged, commitment, block, ...until } = await getJob(client, {
        lease: terms,
      })
      const { drawUntil, challengeUntil, verdictUntil } = until
      if (state === 'opened' && !(await isThere(client, terms))) return undefined
      const begun = state === 'opened' ? undefined : (known?.begun ?? (await begunAt(terms)))
      const times = { drawUntil, challengeUntil, verdictUntil }
      const noMonitors = drawUntil !== undefined && (await getMonitorWeight(client)) === 0
      return {
        state,
        since,
        anchor,
        reanchors,
        challenged,
        commitment,
        ...times,
        noMonitors,
        begun,
        block,
      } satisfies JobView
    },

    async recentBlock(begun) {
      try {
        const head = Number(await client.rpc.getBlockNumber())
        const wanted = Math.max(begun.block, head - BLOCKS_BELOW)
        if (wanted !== latest?.block) {
          const { hash } = await client.rpc.getBlock({ blockNumber: BigInt(wanted) })
          latest = { block: wanted, blockHash: hash }
        }
      } catch (error) {
        if (!latest || latest.block < begun.block) throw error
      }
      return latest ?? begun
    },

    begin: async (job) => void (await beginJob(client, named(job))),
    progress: async ({ terms }, root) => void (await publishProgress(client, { lease: terms, root })),
    submit: async (job, { root, cid }) => void (await submitJob(client, { ...named(job), resultRoot: root, cid })),
    draw: async (job) => void (await drawJob(client, named(job))),
    reanchor: async ({ terms }) => void (await reanchorJob(client, { lease: terms })),
    redraw: async ({ terms }) => void (await redrawJob(client, { lease: terms })),
    resolve: async (job, verdict) => void (await resolveJob(client, { ...named(job), ...verdict })),
    split: async (job) => void (await splitJob(client, named(job))),
    expire: async (job) => void (await expireJob(client, named(job))),
  }
}

/** A job that was never begun looks on the chain like one that never was. */
async function isThere(client: MarketClient, terms: Terms): Promise<boolean> {
  try {
    await getLease(client, { lease: terms })
    return true
  } catch (error) {
    if (error instanceof TenderError && error.class === 'notFound') return false
    throw error
  }
}
