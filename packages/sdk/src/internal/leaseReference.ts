import type { Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import { findTermsOfLease } from '../actions/findTermsOfLease.ts'
import type { MarketClient } from '../createMarketClient.ts'

/** A lease by its id, or by its terms, which spares a search in the chain's logs. */
export type LeaseReference = Hex | Terms

/** What every function of the escrow takes. @throws {NotFoundError} */
export async function termsOf(client: MarketClient, lease: LeaseReference): Promise<Terms> {
  return typeof lease === 'string' ? findTermsOfLease(client, { leaseId: lease }) : lease
}
