import { type MarketDomain, marketDomain } from '@tender/protocol'
import type { MarketClient } from '../createMarketClient.ts'

/** The EIP-712 domain that this market's messages are signed in. */
export function domainOf({ book }: MarketClient): MarketDomain {
  return marketDomain({ chainId: book.chainId, orderBook: book.contracts.orderBook })
}
