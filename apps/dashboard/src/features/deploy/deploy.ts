import type { Market } from '@tender/api'
import { type NetworkNode, reachable } from '@tender/network/browser'
import { TenderError, TimedOutError } from '@tender/protocol'
import { chooseBids, findEarlier, type ReceivedRecord, resumeOrder, type Tenant, up } from '@tender/tenant'
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
  try {
    const signSeconds = open.asks ? SIGN_SECONDS : 0
    await up(tenant, plan, { auctionSeconds, signSeconds, signal, onEvent: watched(home, tenant, onEvent) })
  } finally {
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
  try {
    const [earlier] = await findEarlier(tenant, record.composeFile, record.order.tenant)
    if (!earlier) {
      await home.unfinished.remove(orderId)
      throw new TenderError('that order was not matched in time: it lapsed, and cost nothing', {
        code: 'orderLapsed',
        class: 'conflict',
        hint: 'Order anew.',
      })
    }
    onEvent({ type: 'resumed', record: earlier.record })
    await resumeOrder(tenant, earlier, { secretSources }, { signal, onEvent: watched(home, tenant, onEvent) })
  } finally {
    await stopAgent(key)
  }
}

/** What an earlier visit left on its way, if it can be gone on with: its leases run, or its match may still come. */
export async function unfinishedOrders({ market, open }: DeployPlace, account: string) {
  const home = openTenantHome(market)
  const found = await Promise.all((await home.unfinished.all()).map((id) => home.records.orders.get(id)))
  const own = found.filter((record) => record?.order.tenant === account)
  const earlier = await Promise.all(
    own.map(async (record) => {
      if (!record) return undefined
      const [order] = await findEarlier(
        { market: open.client, records: home.records },
        record.composeFile,
        record.order.tenant,
      )
      if (!order) await home.unfinished.remove(record.id)
      return order
    }),
  )
  return earlier.filter((order) => order !== undefined)
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

/** Remembers what is on its way, and ranks bids as they come. */
function watched(home: TenantHome, tenant: Tenant, onEvent: (event: DeploymentEvent) => void) {
  let orderId: string | undefined
  let left = 0
  let answers: ReceivedRecord[] = []

  async function rank(received: ReceivedRecord, order: string): Promise<void> {
    answers = [...answers, received]
    const [heard, record] = [answers, await home.records.orders.get(order)]
    if (!record) return
    const choice = await chooseBids(tenant, { ...record, answers: heard })
    // Only the newest ranking counts: asking the chain takes longer now and then.
    if (heard === answers) onEvent({ type: 'ranked', choice })
  }

  return (event: DeploymentEvent) => {
    onEvent(event)
    if (event.type === 'ordered') {
      orderId = event.record.id
      void home.unfinished.add(orderId)
    }
    if (event.type === 'answer' && orderId) void rank(event.received, orderId)
    if (event.type === 'matched') {
      left = event.leases.length
      orderId ??= event.leases[0]?.terms.order
    }
    if (event.type === 'ready' && --left === 0 && orderId) void home.unfinished.remove(orderId)
  }
}
