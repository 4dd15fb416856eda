import type { NetworkNode } from '@tender/network'
import type { MarketClient } from '@tender/sdk'
import type { TenantRecords } from './records.ts'

/** Who rents: an account on the chain, a peer that providers answer, and the records of what was asked. */
export type Tenant = {
  /** With the account that pays. */
  market: MarketClient
  /** Started. Its key is the orders' agent, and can never move money. */
  node: NetworkNode
  records: TenantRecords
}

/** The wall clock, unix seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
