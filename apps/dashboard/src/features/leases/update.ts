import type { Asset, Market } from '@tender/api'
import { type Change, compareWanted, orderOf, type Plan, type UpdateEvent, updateLease } from '@tender/tenant'
import { type Given, planGiven, secretsOf } from '../../shared/compose/planGiven.ts'
import { pageSources } from '../../shared/tenant/pageSources.ts'
import type { OpenMarket } from '../../shared/wallet/openMarket.ts'
import type { PageReach } from './useReach.ts'

/** What an update would change, and all that it takes to do it. */
export type PlannedUpdate = { change: Change; plan: Plan; given: Given }

/** What a Compose file was when it was ordered or updated from here, with its images. */
export async function composedBefore({ home, record }: PageReach) {
  const order = await home.records.orders.get(record.terms.order)
  const composed = order && (await home.composed.get(order.composeFile))
  if (!composed) return undefined
  const files = new Map<string, Uint8Array>()
  for (const [path, place] of Object.entries(composed.images)) {
    const bytes = await home.files.read(place).catch(() => undefined)
    if (bytes) files.set(path, bytes)
  }
  return { text: composed.text, files }
}

/** Compares what is asked for now with what runs. Nothing is sent. @throws {InvalidInputError} */
export async function planUpdate(
  { asset, open }: { market: Market; asset: Asset; open: OpenMarket },
  reach: PageReach,
  given: Given,
): Promise<PlannedUpdate> {
  const { home, record, manifest } = reach
  const order = await home.records.orders.get(record.terms.order)
  if (!order || !manifest) throw new Error('a lease of this browser has its order here')
  const plan = await planGiven(home, given, pageSources(home.files, secretsOf(given)))
  const wanted = await orderOf(open.client, plan, { agent: order.order.agent, auctionSeconds: 1 })
  // Whether it is monitored changes only for who asks, not because the market's default changed.
  const { uptimeBps, verifier } = plan.tender.uptimeBps === undefined ? order.order : wanted
  const change = compareWanted(
    { order: order.order, manifest },
    { order: { ...wanted, uptimeBps, verifier }, manifest: plan.manifest },
    asset,
  )
  return { change, plan, given }
}

/** Has the provider replace what runs; what ran before stays if the new version never becomes well. @throws see `updateLease` */
export async function performUpdate(
  reach: PageReach,
  { plan, given }: PlannedUpdate,
  onEvent: (event: UpdateEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { home, record } = reach
  const sources = pageSources(home.files, secretsOf(given))
  const updating = {
    record,
    records: home.records,
    sources,
    ask: <A>(q: Parameters<typeof reach.ask<A>>[0]) => reach.ask(q, signal),
  }
  const { manifest, files, secretSources } = plan
  await updateLease(updating, { manifest, files, secretSources }, { onEvent, signal })
  const order = await home.records.orders.get(record.terms.order)
  const composed = await home.composed.get(plan.composeFile)
  if (order && composed) await home.composed.put(order.composeFile, composed)
}
