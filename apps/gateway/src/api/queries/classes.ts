import type { Candle, ClassPrice, Depth, ResourceClass } from '@tender/api'
import { resourceName } from '@tender/protocol'
import { and, asc, desc, eq, gt, gte, isNull, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import { z } from 'zod'
import type { GatewayNetwork } from '../../network/gatewayNetwork.ts'
import type { Database } from '../../store/database.ts'
import { rowsOf } from '../../store/rows.ts'
import { assets, capacity, classes, matches, orders } from '../../store/schema.ts'

/** Of how many matches a reference price is made. */
const REFERENCE_MATCHES = 100
const DAY_SECONDS = 86_400
const MAX_ITEMS = 1000

const amount = z.coerce.bigint()
const whole = z.coerce.number().int()

/** All classes with prices, the listed ones first. `only` names one. */
export async function findClasses(db: Database, now: number, only?: string): Promise<ResourceClass[]> {
  const rows = await db
    .select()
    .from(classes)
    .where(only === undefined ? undefined : eq(classes.resource, only))
    .orderBy(desc(classes.listed), asc(classes.resource))
    .limit(1024)
  const prices = await findPrices(db, now, only)
  return rows.map((row) => ({
    id: row.id,
    name: row.resource,
    listed: row.listed,
    stakePerUnit: row.stakePerUnit,
    committedUnits: row.committed,
    leasedUnits: row.leased,
    providers: row.providers,
    prices: prices.get(row.resource) ?? [],
    tx: row.tx,
    block: row.block,
  }))
}

const priceRow = z.object({
  resource: z.string(),
  // CAST: the database holds what the indexer wrote
  asset: z.string().transform((text) => text as Address),
  price: amount,
  at: whole,
  tx: z.string(),
  block: whole,
})
type PriceRow = z.output<typeof priceRow>

/** What the latest matches of each class and asset say. */
async function findPrices(db: Database, now: number, only: string | undefined): Promise<Map<string, ClassPrice[]>> {
  const result = await db.execute(sql`
    SELECT c.resource, a.address AS asset, m.price::text AS price, m.at, m.tx, m.block
    FROM ${classes} c CROSS JOIN ${assets} a CROSS JOIN LATERAL (
      SELECT price, at, tx, block, position FROM ${matches}
      WHERE resource = c.resource AND asset = a.address
      ORDER BY position DESC LIMIT ${REFERENCE_MATCHES}
    ) m
    ${only === undefined ? sql`` : sql`WHERE c.resource = ${only}`}
    ORDER BY c.resource, a.address, m.position DESC`)
  const rows = rowsOf(result).map((row) => priceRow.parse(row))
  const byClass = Map.groupBy(rows, ({ resource }) => resource)
  return new Map(
    [...byClass].map(([name, ofClass]) => {
      const byAsset = Map.groupBy(ofClass, ({ asset }) => asset)
      return [name, [...byAsset.values()].flatMap((latest) => classPrice(latest, now))]
    }),
  )
}

/** The reference price of the latest matches of one class and asset, the newest first. */
export function classPrice(latest: readonly PriceRow[], now: number): ClassPrice[] {
  const [last] = latest
  if (!last) return []
  const today = latest.filter(({ at }) => at > now - DAY_SECONDS)
  const counted = today.length > 0 ? today : latest
  const sorted = counted.map(({ price }) => price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const reference = sorted[Math.floor((sorted.length - 1) / 2)] ?? last.price
  const since = counted.reduce((earliest, { at }) => Math.min(earliest, at), last.at)
  // CAST: the database holds what the indexer wrote
  const tx = last.tx as `0x${string}`
  const { price, at, block } = last
  return [{ asset: last.asset, reference, matches: counted.length, since, last: { price, at, tx, block } }]
}

const candleRow = z.object({
  from: whole,
  first: amount,
  low: amount,
  median: amount,
  high: amount,
  last: amount,
  units: whole,
  matches: whole,
})

/** Matches by hour or day, the oldest first. */
export async function findCandles(
  db: Database,
  { name, asset, seconds, from }: { name: string; asset: Address; seconds: number; from: number },
): Promise<Candle[]> {
  const bucket = sql.raw(`at / ${seconds} * ${seconds}`)
  const result = await db.execute(sql`
    SELECT ${bucket} AS "from",
      (array_agg(price ORDER BY position))[1]::text AS first, min(price)::text AS low,
      (percentile_disc(0.5) WITHIN GROUP (ORDER BY price))::text AS median, max(price)::text AS high,
      (array_agg(price ORDER BY position DESC))[1]::text AS last, sum(units) AS units, count(*) AS matches
    FROM ${matches} WHERE resource = ${name} AND asset = ${asset} AND at >= ${from}
    GROUP BY 1 ORDER BY 1 LIMIT ${MAX_ITEMS}`)
  return rowsOf(result).map((row) => candleRow.parse(row))
}

/** What is asked and offered of a class now. */
export async function findDepth(
  db: Database,
  { name, asset, now }: { name: string; asset: Address; now: number },
  network: GatewayNetwork | undefined,
): Promise<Pick<Depth, 'demand' | 'supply'>> {
  const demand = await db
    .select({
      price: orders.maxPrice,
      units: sql<number>`sum(${orders.units} * ${orders.replicas})`.mapWith(Number),
      orders: sql<number>`count(*)`.mapWith(Number),
    })
    .from(orders)
    .where(
      and(
        eq(orders.resource, name),
        eq(orders.asset, asset),
        gt(orders.expiry, now),
        isNull(orders.matchedBlock),
        isNull(orders.cancelledBlock),
      ),
    )
    .groupBy(orders.maxPrice)
    .orderBy(desc(orders.maxPrice))
    .limit(MAX_ITEMS)
  return { demand, supply: await findSupply(db, { name, asset, now }, network) }
}

/** A provider's word is worth at most what it committed and has not leased. */
async function findSupply(
  db: Database,
  { name, asset, now }: { name: string; asset: Address; now: number },
  network: GatewayNetwork | undefined,
): Promise<Depth['supply']> {
  const free = await db
    .select({
      provider: capacity.provider,
      units: sql<number>`${capacity.committed} - ${capacity.leased}`.mapWith(Number),
    })
    .from(capacity)
    .where(and(eq(capacity.resource, name), gt(capacity.committed, capacity.leased), gte(capacity.until, now)))
  const freeOf = new Map(free.map(({ provider, units }) => [provider, units]))
  const offered = (network?.availability() ?? []).flatMap(({ provider, envelope }) =>
    availableIn(envelope.availability.resources, name, asset).map(({ price, units }) => ({
      price,
      units: Math.min(units, freeOf.get(provider) ?? 0),
      provider: provider.toString(),
    })),
  )
  const steps = Map.groupBy(
    offered.filter(({ units }) => units > 0),
    ({ price }) => price,
  )
  return [...steps]
    .map(([price, all]) => ({
      price,
      units: all.reduce((sum, { units }) => sum + units, 0),
      providers: all.map(({ provider }) => provider).slice(0, 100),
    }))
    .sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))
    .slice(0, MAX_ITEMS)
}

type Available = ReturnType<GatewayNetwork['availability']>[number]['envelope']['availability']['resources']

function availableIn(resources: Available, name: string, asset: Address) {
  return resources
    .filter((one) => resourceName(one.resource) === name && one.asset === asset && one.freeUnits > 0)
    .map(({ indicativePrice, freeUnits }) => ({ price: indicativePrice, units: freeUnits }))
}
