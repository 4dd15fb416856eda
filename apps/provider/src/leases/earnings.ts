import type { Collection } from '@tender/kit'
import { addressSchema } from '@tender/protocol'
import type { Address } from 'viem'
import { z } from 'zod'

/** What was settled on one day (UTC) in one asset, smallest units, before the market's fee. */
export type DayEarnings = { day: string; asset: Address; amount: bigint }

export const dayEarningsSchema = z.strictObject({
  day: z.iso.date(),
  asset: addressSchema,
  amount: z.bigint(),
}) satisfies z.ZodType<DayEarnings>

/** What this provider earned, by day. */
export type Earnings = {
  /** Adds to the day of `nowSeconds`. Negative for what the chain took back. */
  add(asset: Address, amount: bigint, nowSeconds: number): void
  /** The newest day first, at most so many days. */
  recent(days: number): DayEarnings[]
}

/**
 * @example
 * createEarnings(store.collection('earnings', dayEarningsSchema)).recent(7)
 * // [{ day: '2026-11-21', asset: '0x…', amount: 1_240_000n }]
 */
export function createEarnings(store: Collection<DayEarnings>): Earnings {
  return {
    add(asset, amount, nowSeconds) {
      const day = new Date(nowSeconds * 1000).toISOString().slice(0, 10)
      const key = `${day} ${asset}`
      store.set(key, { day, asset, amount: (store.get(key)?.amount ?? 0n) + amount })
    },
    recent(days) {
      const all = store
        .entries()
        .map(({ value }) => value)
        .reverse()
      const wanted = new Set([...new Set(all.map(({ day }) => day))].slice(0, days))
      return all.filter(({ day }) => wanted.has(day))
    },
  }
}
