import { TenderError } from '@tender/protocol/errors'
import type { Choice, JudgedBid, OrderRecord, ReceivedRecord, TenantLease, UpEvent } from '@tender/tenant'
import type { AccountNews } from '../../shared/wallet/openMarket.ts'

/** The steps of a deployment, in their order. */
export const steps = ['prepare', 'sign', 'auction', 'match', 'send', 'start', 'ready'] as const
export type Step = (typeof steps)[number]

/** One way of an order, from its plan to its URL, as far as it is. */
export type Deployment = {
  name: string
  step: Step
  /** What the wallet asks for now. */
  news: AccountNews | undefined
  record: OrderRecord | undefined
  asset: { symbol: string; decimals: number } | undefined
  /** When bids are no longer taken, unix milliseconds by this machine's clock. */
  auctionEndsAtMs: number | undefined
  answers: readonly ReceivedRecord[]
  /** The bids so far, ranked as the match will; after the auction what was chosen. */
  choice: Choice | undefined
  leases: readonly TenantLease[]
  /** Transaction of the match. */
  tx: string | undefined
  sent: { sentBytes: number; totalBytes: number } | undefined
  waitingFor: string | undefined
  ready: readonly TenantLease[]
  /** Why it did not go on; `step` says where. */
  error: unknown
}

export type DeploymentEvent =
  | UpEvent
  | { type: 'account'; news: AccountNews }
  | { type: 'ranked'; choice: Choice }
  | { type: 'failed'; error: unknown }
  /** An order of an earlier visit is gone on with; `auction` if its bids are not matched yet. */
  | { type: 'resumed'; record: OrderRecord; auction?: { endsAtMs: number; asset: Deployment['asset'] } }

/** A deployment that has just begun. */
export function newDeployment(name: string): Deployment {
  return {
    name,
    step: 'prepare',
    news: undefined,
    record: undefined,
    asset: undefined,
    auctionEndsAtMs: undefined,
    answers: [],
    choice: undefined,
    leases: [],
    tx: undefined,
    sent: undefined,
    waitingFor: undefined,
    ready: [],
    error: undefined,
  }
}

/** What an event makes of a deployment. Pure. `auctionSeconds`: how long bids are taken from the signature on. */
export function afterEvent(
  state: Deployment,
  event: DeploymentEvent,
  auctionSeconds: number,
  nowMs: number,
): Deployment {
  switch (event.type) {
    case 'account':
      return afterAccount(state, event.news)
    case 'ordered': {
      const { record, asset } = event
      return {
        ...state,
        step: 'auction',
        news: undefined,
        record,
        asset,
        auctionEndsAtMs: nowMs + auctionSeconds * 1000,
      }
    }
    case 'answer':
      return { ...state, asset: event.asset, answers: [...state.answers, event.received] }
    case 'ranked':
      // Ranking asks the chain: it may come after the choice is made.
      return state.step === 'auction' ? { ...state, choice: event.choice } : state
    case 'chosen':
      return { ...state, step: 'match', asset: event.asset, choice: event.choice }
    case 'matched':
      return { ...state, step: 'send', news: undefined, asset: event.asset, leases: event.leases }
    case 'sending':
      return { ...state, step: 'send', sent: { sentBytes: event.sentBytes, totalBytes: event.totalBytes } }
    case 'waiting':
      return { ...state, step: 'start', waitingFor: event.waitingFor }
    case 'running':
      return { ...state, step: 'start', waitingFor: undefined, leases: replaced(state.leases, event.lease) }
    case 'ready':
      return {
        ...state,
        step: 'ready',
        leases: replaced(state.leases, event.lease),
        ready: [...state.ready, event.lease],
      }
    case 'resumed':
      return afterResumed(state, event)
    case 'failed':
      // That nobody bid is known once bids are to be matched, but it is the auction that failed.
      return { ...state, step: isNoBids(event.error) ? 'auction' : state.step, news: undefined, error: event.error }
  }
}

function afterResumed(
  state: Deployment,
  { record, auction }: Extract<DeploymentEvent, { type: 'resumed' }>,
): Deployment {
  if (!auction) return { ...state, step: record.leases.length > 0 ? 'send' : 'match', record }
  const { asset, endsAtMs } = auction
  return { ...state, step: 'auction', record, asset, auctionEndsAtMs: endsAtMs, answers: record.answers }
}

function isNoBids(error: unknown): boolean {
  return error instanceof TenderError && error.class === 'noBids'
}

function afterAccount(state: Deployment, news: AccountNews): Deployment {
  const next = { ...state, news }
  if (news.type === 'sent') return { ...next, tx: news.tx }
  if (news.type === 'signing' && news.what === 'Order') return { ...next, step: 'sign' }
  return next
}

function replaced(leases: readonly TenantLease[], lease: TenantLease): TenantLease[] {
  return leases.map((one) => (one.leaseId === lease.leaseId ? lease : one))
}

/** Whether it goes on by itself, so that closing the page would break it off. */
export function isUnderWay({ step, error }: Deployment): boolean {
  return step !== 'ready' && error === undefined
}

/** What leaving the page now would mean. */
export function leavingMeans({ step, leases, error }: Deployment): string {
  if (error !== undefined) return leases.length > 0 ? 'Its leases are open.' : 'Nothing was rented.'
  if (step === 'prepare' || step === 'sign') return 'Nothing is signed yet: leaving loses nothing.'
  if (step === 'auction') {
    return 'Bids come to this page. If it is closed now, open it again to go on with those that came; left alone the order lapses, and costs nothing.'
  }
  if (step === 'match') return 'The match opens the leases. If the page is closed now, open it again to go on.'
  if (leases.length > 0 && step !== 'ready') {
    return 'The leases run and cost money. Their files still travel from this page: if you close it, open it again to go on, or close the leases.'
  }
  return 'It runs without this page.'
}

/** A bid's place for people: who leads, and by what. */
export type Standing = { bid: JudgedBid; rank: number; state: 'chosen' | 'spare' | 'disqualified' }

/** All bids of a choice in their order; one that takes several replicas stands once. */
export function standingsOf({ chosen, spares, disqualified }: Choice): Standing[] {
  const taken = [...new Set(chosen)]
  const rest = spares.filter((bid) => !taken.includes(bid))
  const ranked = [...taken, ...rest].map(
    (bid, index): Standing => ({
      bid,
      rank: index + 1,
      state: index < taken.length ? 'chosen' : 'spare',
    }),
  )
  return [...ranked, ...disqualified.map((bid): Standing => ({ bid, rank: 0, state: 'disqualified' }))]
}

/** Why the first of a ranking leads, in words. */
export function whyLeads(standings: readonly Standing[]): string | undefined {
  const [first, second] = standings.filter(({ rank }) => rank > 0)
  if (!first) return undefined
  if (!second) return 'It is the only bid that qualifies.'
  const [a, b] = [first.bid, second.bid]
  if (a.score === b.score) {
    return a.level === b.level ? 'Both rank alike; it came first.' : 'Both rank alike; its trust level is better.'
  }
  return a.offer.price <= b.offer.price
    ? 'It asks the least, after what trust levels forgive.'
    : 'It asks more, but its trust level forgives more of that.'
}
