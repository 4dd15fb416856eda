import { leaseId as leaseIdOf, TenderError, type Terms } from '@tender/protocol'
import { type Hex, zeroHash } from 'viem'
import { bytes32 } from '../testKit.ts'
import type { JobMarket, JobView } from './jobMarket.ts'

/** A chain that knows nothing but jobs, with the rules of their contract. Each transaction is a block. */
export function createScriptedJobs(nowSeconds: () => number) {
  const states = new Map<Hex, JobView>()
  const submissions: { root: Hex; cid: string }[] = []
  const progress: Hex[] = []
  const sent: string[] = []
  let block = 100
  /** Of the chain that counts: a reorg makes another. */
  let fork = 0
  const blockAt = (number: number) => ({ block: number, blockHash: bytes32(number * 1_000 + fork) })
  const view = (terms: Terms) => states.get(leaseIdOf(terms)) ?? refuse('UnknownLease')

  function step(name: string, terms: Terms, from: readonly JobView['state'][], change: () => Partial<JobView>): void {
    sent.push(name)
    if (!from.includes(view(terms).state)) refuse('WrongJobState')
    block += 1
    states.set(leaseIdOf(terms), { ...view(terms), ...change() })
  }

  const anchored = () => ({ since: nowSeconds(), anchor: block + 2, drawUntil: nowSeconds() + 100 })
  const market: JobMarket = {
    async view(terms) {
      const known = states.get(leaseIdOf(terms))
      return known && { ...known, block }
    },
    recentBlock: async (begun) => blockAt(Math.max(begun.block, block - 1)),
    async begin({ terms }) {
      step('begin', terms, ['opened'], () => ({ state: 'begun', begun: blockAt(block) }))
    },
    async progress({ terms }, root) {
      step('progress', terms, ['begun'], () => ({}))
      progress.push(root)
    },
    async submit({ terms, jobTerms }, result) {
      if (nowSeconds() >= terms.start + jobTerms.deadlineSeconds) refuse('TooLate')
      step('submit', terms, ['begun'], () => ({ state: 'submitted', ...anchored(), commitment: result.root }))
      submissions.push(result)
    },
    async draw({ terms }) {
      if (block <= view(terms).anchor) refuse('AnchorNotMined')
      const state = view(terms).state === 'recalled' ? 'redrawn' : 'drawn'
      const challengeUntil = state === 'drawn' ? nowSeconds() + 50 : undefined
      const times = { since: nowSeconds(), drawUntil: undefined, challengeUntil, verdictUntil: nowSeconds() + 400 }
      step('draw', terms, ['submitted', 'recalled'], () => ({ state, ...times, commitment: bytes32(77) }))
    },
    async reanchor({ terms }) {
      const { reanchors } = view(terms)
      step('reanchor', terms, ['submitted', 'recalled'], () => ({ reanchors: reanchors + 1, anchor: block + 2 }))
    },
    async redraw({ terms }) {
      step('redraw', terms, ['drawn'], () => ({ state: 'recalled', ...anchored(), verdictUntil: undefined }))
    },
    async resolve({ terms }) {
      step('resolve', terms, ['drawn', 'redrawn'], () => ({ state: 'ended' }))
    },
    async split({ terms }) {
      step('split', terms, ['recalled', 'redrawn'], () => ({ state: 'ended' }))
    },
    async expire({ terms }) {
      step('expire', terms, ['opened', 'begun', 'submitted'], () => ({ state: 'ended' }))
    },
  }
  return {
    market,
    submissions,
    progress,
    sent,
    state: (terms: Terms) => view(terms).state,
    get block() {
      return block
    },
    hashAt: (number: number) => blockAt(number).blockHash,
    mine(blocks: number): void {
      block += blocks
    },
    open(terms: Terms): void {
      const none = { since: 0, anchor: 0, reanchors: 0, challenged: false, commitment: zeroHash }
      states.set(leaseIdOf(terms), { state: 'opened', ...none, block })
    },
    end(terms: Terms): void {
      states.set(leaseIdOf(terms), { ...view(terms), state: 'ended' })
    },
    /** Another chain counts, on which the job was begun in the same block and nothing came after. */
    rollBack(terms: Terms, change: Partial<JobView> = { state: 'begun' }): void {
      fork += 1
      const { begun } = view(terms)
      states.set(leaseIdOf(terms), { ...view(terms), ...change, begun: begun && blockAt(begun.block) })
    },
  }
}

function refuse(code: string): never {
  throw new TenderError(code, { code, class: 'chain' })
}
