import type { Market } from '@tender/api'
import { type NetworkNode, reachable } from '@tender/network/browser'
import { TenderError, TimedOutError } from '@tender/protocol'
import {
  canBeMatched,
  chooseBids,
  type EarlierOrder,
  findEarlier,
  type OrderRecord,
  type ReceivedRecord,
  resumeAuction,
  resumeOrder,
  type Tenant,
  up,
} from '@tender/tenant'
import { type Given, planGiven, secretsOf } from '../../shared/compose/planGiven.ts'
import { agentNode, stopAgent } from '../../shared/tenant/agentNodes.ts'
import { pageSources, sourceKey } from '../../shared/tenant/pageSources.ts'
import { openTenantHome, type TenantHome } from '../../shared/tenant/tenantHome.ts'
import type { OpenMarket } from '../../shared/wallet/openMarket.ts'
import type { DeploymentEvent } from './deployment.ts'
import type { DeploymentWork } from './deploymentStore.ts'

// All that a deployment does; loaded once somebody deploys.

/** Whoever has no place at the gateway by then gets none by waiting longer. */
const REACHABLE_TIMEOUT_MS = 15_000

/** How long somebody may look at what the wallet shows. */
const SIGN_SECONDS = 180

/** Where a deployment acts. */
export type DeployPlace = { market: Market; open: OpenMarket }

/** Orders what a Compose file asks for and brings it up. @throws see `up` */
export async function deploy(
  { market, open }: DeployPlace,
  given: Given,
  auctionSeconds: number,
  { onEvent, signal }: DeploymentWork,
): Promise<void> {
  const home = openTenantHome(market)
  const secrets = secretsOf(given)
  const sources = pageSources(home.files, secrets)
  const plan = await planGiven(home, given, sources)
  const client = open.acting((news) => onEvent({ type: 'account', news }))
  const { privateKey } = await home.agents.create()
  const node = await reachableAgent(market, open, privateKey, signal)
  const tenant: Tenant = { market: client, node, records: home.records, sources }
  const order = watched(home, tenant, { onEvent, auctionSeconds })
  try {
    const signSeconds = open.asks ? SIGN_SECONDS : 0
    await up(tenant, plan, { auctionSeconds, signSeconds, signal, onEvent: order.onEvent })
  } finally {
    if (signal.aborted) await order.forget()
    await stopAgent(privateKey)
  }
}

/** An order that an earlier visit left on its way. `given`: its secrets by name, again. @throws see `resumeOrder` */
export async function goOn(
  { market, open }: DeployPlace,
  orderId: string,
  given: ReadonlyMap<string, Uint8Array>,
  { onEvent, signal }: DeploymentWork,
): Promise<void> {
  const home = openTenantHome(market)
  const record = await home.records.orders.get(orderId)
  const key = record && (await home.agents.find(record.order.agent))
  if (!record || !key) {
    await home.unfinished.remove(orderId)
    throw new TenderError('that order is not in this browser any more', { code: 'unknownOrder', class: 'notFound' })
  }
  const client = open.acting((news) => onEvent({ type: 'account', news }))
  const secretSources = Object.fromEntries([...given.keys()].map((name) => [name, { variable: name }]))
  const secrets = new Map([...given].map(([name, value]) => [sourceKey({ variable: name }), value]))
  const sources = pageSources(home.files, secrets)
  const node = await reachableAgent(market, open, key, signal)
  const tenant: Tenant = { market: client, node, records: home.records, sources }
  const order = watched(home, tenant, { onEvent, auctionSeconds: 0 })
  const options = { signal, onEvent: order.onEvent }
  try {
    const [earlier] = await unfinishedOrders({ market, open }, record.order.tenant, orderId)
    if (!earlier) {
      throw new TenderError('that order was not matched in time: it lapsed, and cost nothing', {
        code: 'orderLapsed',
        class: 'conflict',
        hint: 'Order anew.',
      })
    }
    if (earlier.auctionEndsAtMs === undefined) {
      order.onEvent({ type: 'resumed', record: earlier.record })
      await resumeOrder(tenant, earlier, { secretSources }, options)
    } else {
      const endsAtMs = earlier.auctionEndsAtMs
      const asset = market.assets.find(({ address }) => address === record.order.asset)
      order.onEvent({ type: 'resumed', record: earlier.record, auction: { endsAtMs, asset } })
      await resumeAuction(tenant, earlier.record, { secretSources }, { ...options, endsAtMs })
    }
  } finally {
    if (signal.aborted) await order.forget()
    await stopAgent(key)
  }
}

/** An order on its way. `auctionEndsAtMs`: its bids are not matched yet, and until then more are taken. */
export type UnfinishedOrder = EarlierOrder & { auctionEndsAtMs?: number }

/**
 * What an earlier visit left on its way, if it can be gone on with: its auction runs, its bids can be matched, its leases run. What
 * cannot is forgotten.
 *
 * @param only of all the account's orders just this one
 */
export async function unfinishedOrders(
  { market, open }: DeployPlace,
  account: string,
  only?: string,
): Promise<UnfinishedOrder[]> {
  const home = openTenantHome(market)
  const kept = (await home.unfinished.all()).filter(({ order }) => only === undefined || order === only)
  const found = await Promise.all(
    kept.map(async ({ order, auctionEndsAtMs }) => {
      const record = await home.records.orders.get(order)
      if (record && record.order.tenant !== account) return undefined
      const unfinished = record && (await unfinishedOf({ home, open }, record, auctionEndsAtMs))
      if (!unfinished) await home.unfinished.remove(order)
      return unfinished
    }),
  )
  return found.filter((order) => order !== undefined)
}

async function unfinishedOf(
  { home, open }: { home: TenantHome; open: OpenMarket },
  record: OrderRecord,
  auctionEndsAtMs: number,
): Promise<UnfinishedOrder | undefined> {
  const tenant = { market: open.client, records: home.records }
  const ofTheFile = await findEarlier(tenant, record.composeFile, record.order.tenant)
  const earlier = ofTheFile.find((one) => one.record.id === record.id)
  if (earlier || record.matching || record.leases.length > 0) return earlier
  const isOpen = Date.now() < auctionEndsAtMs || (await canBeMatched(tenant, record))
  return isOpen ? { record, leases: [], auctionEndsAtMs } : undefined
}

async function reachableAgent(
  market: Market,
  open: OpenMarket,
  privateKey: `0x${string}`,
  signal: AbortSignal,
): Promise<NetworkNode> {
  const node = await agentNode(market, open.client, privateKey)
  const timeout = AbortSignal.timeout(REACHABLE_TIMEOUT_MS)
  await reachable(node, AbortSignal.any([signal, timeout])).catch((cause) => {
    signal.throwIfAborted()
    const hint = 'Without it no provider could answer. Try again in a moment, or use the command line.'
    throw new TimedOutError("the gateway's peer", { limitMs: REACHABLE_TIMEOUT_MS, hint, cause })
  })
  return node
}

type Watching = { onEvent(event: DeploymentEvent): void; auctionSeconds: number }

/** Remembers what is on its way, and ranks bids as they come. `forget`: it was called off, unless there are leases by now. */
function watched(home: TenantHome, tenant: Tenant, { onEvent, auctionSeconds }: Watching) {
  let orderId: string | undefined
  let left = 0
  let isMatched = false
  let answers: readonly ReceivedRecord[] = []

  async function rank(order: string): Promise<void> {
    const [heard, record] = [answers, await home.records.orders.get(order)]
    if (!record) return
    const choice = await chooseBids(tenant, { ...record, answers: heard })
    // Only the newest ranking counts: asking the chain takes longer now and then.
    if (heard === answers) onEvent({ type: 'ranked', choice })
  }

  return {
    onEvent(event: DeploymentEvent): void {
      onEvent(event)
      if (event.type === 'ordered') {
        orderId = event.record.id
        void home.unfinished.add(orderId, Date.now() + auctionSeconds * 1000)
      }
      if (event.type === 'resumed') {
        orderId = event.record.id
        answers = event.record.answers
        if (event.auction && answers.length > 0) void rank(orderId)
      }
      if (event.type === 'answer') {
        answers = [...answers, event.received]
        if (orderId) void rank(orderId)
      }
      if (event.type === 'matched') {
        left = event.leases.length
        isMatched = true
      }
      if (event.type === 'ready' && --left === 0 && orderId) void home.unfinished.remove(orderId)
    },
    async forget(): Promise<void> {
      if (orderId && !isMatched) await home.unfinished.remove(orderId)
    },
  }
}
