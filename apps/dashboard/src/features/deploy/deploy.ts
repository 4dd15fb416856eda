import type { Market } from '@tender/api'
import { type NetworkNode, reachable } from '@tender/network/browser'
import { blobFacts, type ParsedCompose, TenderError, TimedOutError } from '@tender/protocol'
import {
  chooseBids,
  findEarlier,
  type Plan,
  planOf,
  type ReceivedRecord,
  resumeOrder,
  type Sources,
  type Tenant,
  up,
} from '@tender/tenant'
import { agentNode, stopAgent } from '../../shared/tenant/agentNodes.ts'
import { pageSources, type SecretValues, sourceKey } from '../../shared/tenant/pageSources.ts'
import { openTenantHome, type TenantHome } from '../../shared/tenant/tenantHome.ts'
import type { OpenMarket } from '../../shared/wallet/openMarket.ts'
import type { DeploymentEvent } from './deployment.ts'
import type { DeploymentWork } from './deploymentStore.ts'
import { type GivenFiles, type GivenValues, secretKey, variableKey } from './needs.ts'

// All that a deployment does; loaded once somebody deploys.

/** Whoever has no place at the gateway by then gets none by waiting longer. */
const REACHABLE_TIMEOUT_MS = 15_000

export type Given = { text: string; parsed: ParsedCompose; files: GivenFiles; values: GivenValues }

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
    await up(tenant, plan, { auctionSeconds, signal, onEvent: watched(home, tenant, onEvent) })
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

/** The plan of what was given; images are kept in this browser until they are sent. */
export async function planGiven(
  home: TenantHome,
  { text, parsed, files, values }: Given,
  { readSecret }: Pick<Sources, 'readSecret'>,
): Promise<Plan> {
  const places = new Map<string, string>()
  for (const { role, path } of parsed.files) {
    const bytes = files.get(path)
    if (role === 'image' && bytes) places.set(path, await home.files.keep(bytes))
  }
  const byPlace = new Map([...places].map(([path, place]) => [place, files.get(path)]))
  const contentOf = (place: string) => byPlace.get(place) ?? files.get(place)
  return planOf(text, {
    composeFile: `page:${crypto.randomUUID()}`,
    shownAs: 'compose.yaml',
    name: parsed.name ?? Object.keys(parsed.services)[0] ?? 'workload',
    placeOf: (named) => places.get(named) ?? named,
    imageFacts: async (place) => blobFacts(present(contentOf(place), place)),
    readSmall: async (place) => present(contentOf(place), place),
    readSecret,
    variable: (name) => {
      const value = values.get(variableKey(name))
      return value && new TextDecoder().decode(value)
    },
  })
}

function present(bytes: Uint8Array | undefined, name: string): Uint8Array {
  if (bytes) return bytes
  throw new TenderError(`${name} is not given`, { code: 'fileNotFound', class: 'notFound', hint: 'Choose it.' })
}

/** Secrets by their source; they stay in memory. */
export function secretsOf({ parsed, values }: Pick<Given, 'parsed' | 'values'>): SecretValues {
  return new Map(
    Object.entries(parsed.secrets).flatMap(([name, source]) => {
      const value = values.get(secretKey(name))
      return value ? [[sourceKey(source), value] as const] : []
    }),
  )
}
