import { badText, type Decimal, divideUp, formatDecimal, parseDecimal, scaleExactly } from './decimal.ts'
import type { Order } from './messages.ts'
import { BASIS_POINTS, SECONDS_PER_HOUR } from './tables.ts'

/** An ERC-20 that a market takes. */
export type Asset = { symbol: string; decimals: number }

/** An amount as written, before anybody knows the asset's decimals. */
export type WrittenAmount = { value: Decimal; symbol: string }

const amountPattern = /^(\S+)\s+([A-Za-z][A-Za-z0-9.-]{0,15})$/

/**
 * Reads an amount such as `1.5 USDC`.
 *
 * @throws {InvalidInputError} without a number or without an asset.
 */
export function readAmount(text: string): WrittenAmount {
  const match = amountPattern.exec(text.trim())
  const value = match?.[1] === undefined ? undefined : parseDecimal(match[1])
  const symbol = match?.[2]
  if (value === undefined || symbol === undefined) {
    throw badText('an amount', text, 'it takes a number and an asset', 'Write it like "1.5 USDC".')
  }
  return { value, symbol }
}

/**
 * Reads a price per resource unit per hour such as `0.02 USDC/h`.
 *
 * @throws {InvalidInputError} if the number, the asset or `/h` is missing.
 */
export function readPrice(text: string): WrittenAmount {
  const hint = 'Write it like "0.02 USDC/h": per resource unit and hour.'
  const slash = text.indexOf('/')
  if (slash < 0) throw badText('a price', text, 'it has no unit of time', hint)
  const per = text.slice(slash + 1).trim()
  if (per !== 'h') throw badText('a price', text, `prices are per hour (/h), not per "${per}"`, hint)
  const match = amountPattern.exec(text.slice(0, slash).trim())
  if (!match) throw badText('a price', text, 'it takes a number, an asset and /h', hint)
  const value = parseDecimal(match[1] ?? '')
  if (!value) throw badText('a price', text, `"${match[1]}" is not a decimal number`, hint)
  return { value, symbol: match[2] ?? '' }
}

/**
 * A written amount or price in the asset's smallest units.
 *
 * @throws {InvalidInputError} for another asset, or more decimals than the asset has: nothing is rounded unasked.
 */
export function toSmallestUnits({ value, symbol }: WrittenAmount, asset: Asset): bigint {
  const text = `${formatDecimal(value.digits, value.scale)} ${symbol}`
  if (symbol !== asset.symbol) {
    throw badText(`an amount of ${asset.symbol}`, text, `the asset is ${asset.symbol}`, `Write it in ${asset.symbol}.`)
  }
  const units = scaleExactly(value, asset.decimals)
  if (units === undefined) {
    const message = `${asset.symbol} has ${asset.decimals} decimals`
    throw badText('a whole number of smallest units', text, message, 'Round it to what the asset can hold.')
  }
  return units
}

/** `1.5 USDC` in the asset's smallest units. @throws {InvalidInputError} */
export function parseAmount(text: string, asset: Asset): bigint {
  return toSmallestUnits(readAmount(text), asset)
}

/** `0.02 USDC/h` in smallest units per resource unit per hour. @throws {InvalidInputError} */
export function parsePrice(text: string, asset: Asset): bigint {
  return toSmallestUnits(readPrice(text), asset)
}

/** Smallest units as people read them: `1.5 USDC`. Exact. */
export function formatAmount(amount: bigint, { symbol, decimals }: Asset): string {
  return `${formatDecimal(amount, decimals)} ${symbol}`
}

/** A price (per unit) or a rate (of a lease) as people read it: `0.02 USDC/h`. Exact. */
export function formatPrice(price: bigint, asset: Asset): string {
  return `${formatAmount(price, asset)}/h`
}

// The escrow's arithmetic, to the smallest unit. Rates are smallest units per hour, times whole seconds.

/** A lease's rate: price × units. */
export function rateOf(price: bigint, units: number): bigint {
  return price * BigInt(units)
}

/** What `seconds` of service have earned in all, rounded down. */
export function owed(rate: bigint, seconds: number): bigint {
  return (rate * BigInt(seconds)) / BigInt(SECONDS_PER_HOUR)
}

/** What is taken for `seconds` in advance, rounded up, so that it covers {@link owed}. */
export function deposit(rate: bigint, seconds: number): bigint {
  return divideUp(rate * BigInt(seconds), BigInt(SECONDS_PER_HOUR))
}

/** The most that an order can cost: all replicas at the highest price. */
export function mostCost({ maxPrice, units, replicas, duration }: Order): bigint {
  return deposit(rateOf(maxPrice, units), duration) * BigInt(replicas)
}

/** The part of a payment that goes to the reward wallet, rounded down. */
export function feeOf(amount: bigint, feeBps: number): bigint {
  return (amount * BigInt(feeBps)) / BigInt(BASIS_POINTS)
}

/** How much of a lease is paid for. Seconds are kept, never amounts, so rounding cannot accumulate. */
export type LeaseMoney = {
  rate: bigint
  /** Seconds from start to the stop that the deposit covers. */
  heldSeconds: number
  secondsPaid: number
}

/** What the escrow holds for a lease that is not resolved. */
export function held({ rate, heldSeconds, secondsPaid }: LeaseMoney): bigint {
  return deposit(rate, heldSeconds) - owed(rate, secondsPaid)
}

/** Pays up to `seconds` of service in all: the seconds paid never fall and never pass what is held. */
export function pay(lease: LeaseMoney, seconds: number): { lease: LeaseMoney; paid: bigint } {
  const secondsPaid = Math.max(lease.secondsPaid, Math.min(seconds, lease.heldSeconds))
  return { lease: { ...lease, secondsPaid }, paid: owed(lease.rate, secondsPaid) - owed(lease.rate, lease.secondsPaid) }
}

/** Ends a lease after `seconds` from its start: what was held for later comes back. It never moves before what is paid. */
export function shorten(lease: LeaseMoney, seconds: number): { lease: LeaseMoney; refunded: bigint } {
  const heldSeconds = Math.min(lease.heldSeconds, Math.max(seconds, lease.secondsPaid))
  const refunded = deposit(lease.rate, lease.heldSeconds) - deposit(lease.rate, heldSeconds)
  return { lease: { ...lease, heldSeconds }, refunded }
}
