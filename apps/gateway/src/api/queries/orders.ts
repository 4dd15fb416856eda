import type { OpenBid, Order, OrderState } from '@tender/api'
import {
  briefSchema,
  countryCode,
  kinds,
  nameOf,
  orderSchema,
  resourceName,
  signatureSchema,
  spreads,
  tiers,
} from '@tender/protocol'
import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, lte, type SQL } from 'drizzle-orm'
import { type Address, type Hex, zeroHash } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { auctionBids, auctions, cancellations, leases, orders } from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'

type OrderRow = typeof orders.$inferSelect
type AuctionRow = typeof auctions.$inferSelect

export type OrderFilter = {
  state?: OrderState | undefined
  class?: string | undefined
  tenant?: Address | undefined
  cursor?: string | undefined
  limit: number
}

const gossipCursors = createCursors('orders', z.tuple([positionValue]))
const auctionCursors = createCursors('auctions', z.tuple([positionValue]))

/** Orders that peers passed on, the newest first. */
export async function findGossipOrders(db: Database, filter: OrderFilter, now: number) {
  const after = gossipCursors.read(filter.cursor)
  const found = await db
    .select()
    .from(orders)
    .where(
      and(
        filter.tenant && eq(orders.tenant, filter.tenant),
        filter.class === undefined ? undefined : eq(orders.resource, filter.class),
        filter.state && orderInState(filter.state, now),
        after && lt(orders.position, after[0]),
      ),
    )
    .orderBy(desc(orders.position))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, (last) => gossipCursors.write([last.position]))
  return { items: await tellOrders(db, rows, now), next }
}

function orderInState(state: OrderState, now: number): SQL | undefined {
  if (state === 'matched') return isNotNull(orders.matchedBlock)
  if (state === 'cancelled') return and(isNull(orders.matchedBlock), isNotNull(orders.cancelledBlock))
  const untouched = and(isNull(orders.matchedBlock), isNull(orders.cancelledBlock))
  return and(untouched, state === 'open' ? gt(orders.expiry, now) : lte(orders.expiry, now))
}

/** Auctions at the order book, the newest first. */
export async function findAuctions(db: Database, filter: OrderFilter, now: number) {
  const after = auctionCursors.read(filter.cursor)
  const found = await db
    .select()
    .from(auctions)
    .where(
      and(
        filter.tenant && eq(auctions.tenant, filter.tenant),
        filter.class === undefined ? undefined : eq(auctions.resource, filter.class),
        filter.state && auctionInState(filter.state, now),
        after && lt(auctions.position, after[0]),
      ),
    )
    .orderBy(desc(auctions.position))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, (last) => auctionCursors.write([last.position]))
  return { items: await tellAuctions(db, rows, now), next }
}

function auctionInState(state: OrderState, now: number): SQL | undefined {
  if (state === 'matched') return eq(auctions.state, 'awarded')
  if (state === 'cancelled') return eq(auctions.state, 'cancelled')
  return and(eq(auctions.state, 'active'), state === 'open' ? gt(auctions.expiry, now) : lte(auctions.expiry, now))
}

/** Orders by their digests, wherever they are known from. */
export async function findOrdersByHash(db: Database, hashes: readonly Hex[], now: number): Promise<Map<Hex, Order>> {
  const found = new Map<Hex, Order>()
  const sources = [ordersIn, auctionsIn, matchedIn]
  for (const source of sources) {
    const missing = hashes.filter((hash) => !found.has(hash))
    if (missing.length === 0) break
    for (const order of await source(db, missing, now)) found.set(order.hash, order)
  }
  return found
}

async function ordersIn(db: Database, hashes: Hex[], now: number): Promise<Order[]> {
  return tellOrders(db, await db.select().from(orders).where(inArray(orders.hash, hashes)), now)
}

async function auctionsIn(db: Database, hashes: Hex[], now: number): Promise<Order[]> {
  return tellAuctions(db, await db.select().from(auctions).where(inArray(auctions.order, hashes)), now)
}

/** Orders that nobody gossiped here, by the leases that they opened. */
async function matchedIn(db: Database, hashes: Hex[], _now: number): Promise<Order[]> {
  const rows = await db.select().from(leases).where(inArray(leases.order, hashes)).orderBy(asc(leases.position))
  const byOrder = Map.groupBy(rows, (row) => row.order)
  return [...byOrder].flatMap(([hash, [first, ...others]]): Order[] => {
    if (!first) return []
    return [
      {
        ...unknownTerms,
        hash,
        state: 'matched',
        source: 'chain',
        tenant: first.tenant,
        class: first.resource,
        asset: first.asset,
        kind: nameOf(kinds, first.kind) ?? 'service',
        tier: nameOf(tiers, first.tier) ?? 'interruptible',
        units: first.units,
        duration: first.end - first.start,
        uptimeBps: first.uptimeBps,
        seenAt: first.at,
        leases: [first, ...others].map(({ id }) => id),
        tx: first.tx,
        block: first.block,
      },
    ]
  })
}

const unknownTerms = {
  agent: null,
  replicas: null,
  maxPrice: null,
  maxMinSeconds: null,
  worstLevel: null,
  spread: null,
  countries: [],
  previous: null,
  auctionEnd: null,
  expiry: null,
  nonce: null,
  signature: null,
  brief: null,
  bids: [],
}

async function tellOrders(db: Database, rows: readonly OrderRow[], now: number): Promise<Order[]> {
  const hashes = rows.map(({ hash }) => hash)
  const cancelled = rows.filter((row) => row.cancelledBlock !== null).map(({ hash }) => hash)
  const [opened, cancels, bids] = [
    await openedBy(db, hashes),
    await cancellationsOf(db, cancelled),
    await bidsOf(db, hashes),
  ]
  return rows.map((row) => {
    const leasesOf = opened.get(row.hash) ?? []
    const place = leasesOf[0] ?? cancels.get(row.hash)
    return {
      ...gossiped(row),
      hash: row.hash,
      state: orderState(row, now),
      source: 'gossip',
      seenAt: row.seenAt,
      bids: bids.get(row.hash) ?? [],
      leases: leasesOf.map(({ id }) => id),
      tx: place?.tx ?? null,
      block: place?.block ?? null,
    }
  })
}

/** What was signed never changes, and reading it is most of the work of a page. */
const read = new Map<Hex, ReturnType<typeof readGossip>>()
const MOST_READ = 20_000

function gossiped(row: OrderRow): ReturnType<typeof readGossip> {
  const known = read.get(row.hash)
  if (known) return known
  if (read.size >= MOST_READ) read.clear()
  const made = readGossip(row)
  read.set(row.hash, made)
  return made
}

function readGossip({ content, envelope, brief }: OrderRow) {
  return {
    ...signedTerms(content),
    signature: signatureOf(envelope),
    brief: brief === null ? null : briefSchema.parse(brief),
  }
}

function orderState(row: OrderRow, now: number): OrderState {
  if (row.matchedBlock !== null) return 'matched'
  if (row.cancelledBlock !== null) return 'cancelled'
  return row.expiry > now ? 'open' : 'expired'
}

async function tellAuctions(db: Database, rows: readonly AuctionRow[], now: number): Promise<Order[]> {
  const hashes = rows.map(({ order }) => order)
  const [opened, bids] = [await openedBy(db, hashes), await bidsOf(db, hashes)]
  return rows.map((row) => ({
    ...signedTerms(row.content),
    hash: row.order,
    state: auctionState(row, now),
    source: 'chain',
    signature: null,
    brief: null,
    seenAt: row.at,
    bids: bids.get(row.order) ?? [],
    leases: (opened.get(row.order) ?? []).map(({ id }) => id),
    tx: row.endedTx ?? row.tx,
    block: row.block,
  }))
}

function auctionState({ state, expiry }: AuctionRow, now: number): OrderState {
  if (state === 'awarded') return 'matched'
  if (state === 'cancelled') return 'cancelled'
  return expiry > now ? 'open' : 'expired'
}

/** What a tenant signed, in the API's words. */
function signedTerms(content: unknown) {
  const order = orderSchema.parse(content)
  return {
    tenant: order.tenant,
    agent: order.agent,
    class: resourceName(order.resource),
    asset: order.asset,
    kind: nameOf(kinds, order.kind) ?? ('service' as const),
    tier: nameOf(tiers, order.tier) ?? ('interruptible' as const),
    units: order.units,
    replicas: order.replicas,
    maxPrice: order.maxPrice,
    duration: order.duration,
    maxMinSeconds: order.maxMinSeconds,
    uptimeBps: order.uptimeBps,
    worstLevel: order.worstLevel,
    spread: nameOf(spreads, order.spread) ?? ('none' as const),
    countries: order.countries.map(countryCode),
    previous: order.previous === zeroHash ? null : order.previous,
    auctionEnd: order.auctionEnd,
    expiry: order.expiry,
    nonce: order.nonce.toString(),
  }
}

const signed = z.object({ signature: signatureSchema })

function signatureOf(envelope: string): Hex | null {
  const parsed = signed.safeParse(JSON.parse(envelope))
  return parsed.success ? parsed.data.signature : null
}

async function openedBy(db: Database, hashes: readonly Hex[]) {
  if (hashes.length === 0) return new Map<Hex, { id: Hex; tx: Hex; block: number }[]>()
  const rows = await db
    .select({ order: leases.order, id: leases.id, tx: leases.tx, block: leases.block })
    .from(leases)
    .where(inArray(leases.order, [...hashes]))
    .orderBy(asc(leases.position))
  return Map.groupBy(rows, ({ order }) => order)
}

async function cancellationsOf(db: Database, hashes: readonly Hex[]) {
  if (hashes.length === 0) return new Map<Hex, { tx: Hex; block: number }>()
  const rows = await db
    .select({ order: cancellations.order, tx: cancellations.tx, block: cancellations.block })
    .from(cancellations)
    .where(inArray(cancellations.order, [...hashes]))
  return new Map(rows.map((row) => [row.order, row]))
}

async function bidsOf(db: Database, hashes: readonly Hex[]): Promise<Map<Hex, OpenBid[]>> {
  if (hashes.length === 0) return new Map()
  const rows = await db
    .select()
    .from(auctionBids)
    .where(inArray(auctionBids.order, [...hashes]))
    .orderBy(asc(auctionBids.rank))
    .limit(256 * hashes.length)
  const grouped = Map.groupBy(rows, ({ order }) => order)
  return new Map([...grouped].map(([hash, bids]) => [hash, bids.slice(0, 256).map(bidOf)]))
}

function bidOf({ offer, provider, price, state, tx, block }: typeof auctionBids.$inferSelect): OpenBid {
  return { offer, provider: provider.toString(), price, kept: state === 'kept' || state === 'opened', tx, block }
}
