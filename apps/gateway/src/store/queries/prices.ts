import { and, desc, eq, sql } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import type { Database } from '../database.ts'
import { rowsOf } from '../rows.ts'
import { matches } from '../schema.ts'

/** What is traded: units of a class, for an asset. */
export type Trade = { resource: string; asset: Address }

/** Matches of some time, put together. Prices are smallest units of the asset per unit and hour. */
export type Candle = {
  /** Begin of the hour or day (UTC), Unix seconds. */
  from: number
  first: bigint
  low: bigint
  /** A price that was really paid: with an even number of matches the lower of the two in the middle. */
  median: bigint
  high: bigint
  last: bigint
  units: number
  matches: number
}

export const candleSeconds = { hour: 3600, day: 86_400 } as const
export type CandleInterval = keyof typeof candleSeconds

/** Candles of one answer. */
export const MOST_CANDLES = 1_000

/**
 * Actual matches by hour or day, oldest first; times without a match have none. At most {@link MOST_CANDLES} hours or days from `from`.
 *
 * @example
 * const days = await store.read((db) => readCandles(db, { resource: 'cu', asset, interval: 'day', from: now - 30 * 86_400 }))
 */
export async function readCandles(
  db: Database,
  { resource, asset, interval, from }: Trade & { interval: CandleInterval; from: number },
): Promise<Candle[]> {
  const seconds = candleSeconds[interval]
  const start = Math.floor(from / seconds) * seconds
  const bucket = sql`${matches.at} - ${matches.at} % ${sql.raw(String(seconds))}`
  const found = await db.execute(sql`
    SELECT ${bucket} AS "from",
      (array_agg(${matches.price} ORDER BY ${matches.position}))[1] AS first,
      (array_agg(${matches.price} ORDER BY ${matches.position} DESC))[1] AS last,
      min(${matches.price}) AS low, max(${matches.price}) AS high,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY ${matches.price}) AS median,
      sum(${matches.units}) AS units, count(*) AS matches
    FROM ${matches}
    WHERE ${ofTrade({ resource, asset })} AND ${matches.at} >= ${start} AND ${matches.at} < ${start + MOST_CANDLES * seconds}
    GROUP BY 1 ORDER BY 1`)
  return rowsOf(found).map((row) => ({
    from: Number(row.from),
    first: BigInt(String(row.first)),
    low: BigInt(String(row.low)),
    median: BigInt(String(row.median)),
    high: BigInt(String(row.high)),
    last: BigInt(String(row.last)),
    units: Number(row.units),
    matches: Number(row.matches),
  }))
}

/** What a class costs by what was really paid. */
export type ReferencePrice = {
  price: bigint
  /** Of how many matches it is the median, and from when on, Unix seconds. */
  matches: number
  from: number
}

const LAST_MATCHES = 100
const DAY_SECONDS = 86_400
/** However busy a day was, one answer looks at no more. */
const MOST_MATCHES = 10_000

/**
 * The median of the last day's matches, or of the last 100 where the day had fewer. `undefined`: nothing was ever matched.
 *
 * @param now Unix seconds, of the last block that was read
 */
export async function readReferencePrice(
  db: Database,
  { now, ...trade }: Trade & { now: number },
): Promise<ReferencePrice | undefined> {
  const last = sql`SELECT ${matches.at} FROM ${matches} WHERE ${ofTrade(trade)} ORDER BY ${matches.at} DESC LIMIT ${LAST_MATCHES}`
  const [row] = rowsOf(
    await db.execute(sql`
      SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY price) AS price, count(*) AS matches, min(at) AS "from" FROM (
        SELECT ${matches.price}, ${matches.at} FROM ${matches}
        WHERE ${ofTrade(trade)} AND ${matches.at} >= least(${now - DAY_SECONDS}::bigint, (SELECT min(at) FROM (${last}) AS recent))
        ORDER BY ${matches.at} DESC LIMIT ${MOST_MATCHES}) AS paid`),
  )
  if (!row || Number(row.matches) === 0) return undefined
  return { price: BigInt(String(row.price)), matches: Number(row.matches), from: Number(row.from) }
}

/** The last match's price. `undefined`: nothing was ever matched. */
export async function readLastPrice(
  db: Database,
  trade: Trade,
): Promise<{ price: bigint; at: number; tx: Hex; block: number } | undefined> {
  const [row] = await db
    .select({ price: matches.price, at: matches.at, tx: matches.tx, block: matches.block })
    .from(matches)
    .where(ofTrade(trade))
    .orderBy(desc(matches.position))
    .limit(1)
  return row
}

function ofTrade({ resource, asset }: Trade) {
  return and(eq(matches.resource, resource), eq(matches.asset, asset))
}
