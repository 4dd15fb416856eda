import type { Brief, Order } from '@tender/protocol'
import type { MarketRates } from './marketRates.ts'
import { type Load, priceByLoad, priceByMarket, type ScriptPricing } from './pricing.ts'
import type { Sale } from './sale.ts'

/** A price in smallest units per resource unit and hour, or why there is none. */
export type Quote = { price: bigint } | { decline: string }

export type Asked = { order: Order; brief: Brief }

/** What this provider asks. */
export type Quotes = {
  /** For one order. */
  forOrder(sale: Sale, resource: string, asked: Asked, load: Load, signal: AbortSignal): Promise<Quote>
  /** To be announced. */
  indicative(sale: Sale, resource: string, load: Load, signal: AbortSignal): Promise<bigint>
}

/** What a pricing program is told. */
export type ScriptQuestion = Asked & { resource: string; sale: Sale; load: Load }
export type RunScript = (pricing: ScriptPricing, question: ScriptQuestion, signal: AbortSignal) => Promise<Quote>

/** @param options.rates what others were paid, see `createMarketRates` */
export function createQuotes({ rates, runScript }: { rates: MarketRates; runScript: RunScript }): Quotes {
  async function indicative(sale: Sale, resource: string, load: Load, signal: AbortSignal): Promise<bigint> {
    const { pricing, asset, tier } = sale
    switch (pricing.strategy) {
      case 'fixed':
        return pricing.price
      case 'utilisation':
        return priceByLoad(pricing, load)
      case 'market': {
        const { lastHours, lastMatches } = pricing
        return priceByMarket(pricing, await rates({ resource, asset, tier, lastHours, lastMatches }, signal))
      }
      case 'script':
        return pricing.indicative
    }
  }
  return {
    indicative,
    async forOrder(sale, resource, asked, load, signal) {
      const { pricing } = sale
      if (pricing.strategy === 'script') return runScript(pricing, { ...asked, resource, sale, load }, signal)
      return { price: await indicative(sale, resource, load, signal) }
    },
  }
}
