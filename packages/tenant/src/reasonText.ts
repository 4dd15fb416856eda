import { formatPrice, type RuleBreak } from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'

/** Rules whose values are prices in smallest units. */
const PRICE_RULES = new Set(['priceTooHigh'])

/**
 * Why a provider did not bid, or its bid did not count, in words.
 *
 * @example
 * reasonText({ rule: 'priceTooHigh', message: "the price is above the order's highest", asked: '1000', possible: '24000' }, asset)
 * // "the price is above the order's highest (asked 0.001 USDC/h, possible 0.024 USDC/h)"
 */
export function reasonText({ rule, message, asked, possible }: RuleBreak, asset: MarketAsset): string {
  // What a peer says is text; only a number is a price.
  const readable = (value: string) =>
    PRICE_RULES.has(rule) && /^\d{1,29}$/.test(value) ? formatPrice(BigInt(value), asset) : value
  const values = [
    ...(asked === undefined ? [] : [`asked ${readable(asked)}`]),
    ...(possible === undefined ? [] : [`possible ${readable(possible)}`]),
  ]
  return values.length > 0 ? `${message} (${values.join(', ')})` : message
}
