import { orderBookAbi } from '@tender/abi'
import type { Order, Terms } from '@tender/protocol'
import { encodeFunctionData, type Hex, zeroHash } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type OpenedLease, openedLeases } from '../internal/openedLeases.ts'
import { send } from '../internal/send.ts'
import type { SignedAward } from './signAward.ts'
import type { SignedOffer } from './signOffer.ts'

export type MatchOrderParameters = {
  order: Order
  /** The chosen offers, the best first: as many as the order's replicas are taken, the rest are spares. */
  offers: readonly Pick<SignedOffer, 'offer' | 'signature'>[]
  /** The tenant's consent to exactly these offers. Not needed if the client's account is the tenant. */
  consent?: SignedAward | undefined
  /** Terms of the lease that `order.previous` names. */
  replaced?: Terms | undefined
}
export type MatchOrderReturnType = {
  transaction: Hex
  /** By replica. */
  leases: OpenedLease[]
}

const noConsent = { award: { order: zeroHash, offers: zeroHash, deadline: 0 }, signature: '0x' } as const

/**
 * Turns signed messages into running leases, paid for `order.duration` from the tenant's escrow balance.
 *
 * @throws {ContractError} naming the rule broken and both values, e.g. `InsufficientBalance`, `NonceUsed`, `PriceTooHigh`
 *
 * @example
 * const { leases } = await matchOrder(market, { order, offers: [bid] })
 * // [{ leaseId: '0x5c…', terms: { rate: 20000n, … }, end: 1795238167 }]
 */
export async function matchOrder(
  client: MarketClient,
  { order, offers, consent = noConsent, replaced }: MatchOrderParameters,
): Promise<MatchOrderReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.orderBook,
    data: encodeFunctionData({
      abi: orderBookAbi,
      functionName: 'matchOrder',
      args: [
        order,
        offers.map(({ offer }) => offer),
        offers.map(({ signature }) => signature),
        consent.award,
        consent.signature,
        replaced ? [replaced] : [],
      ],
    }),
  })
  return { transaction: receipt.transactionHash, leases: openedLeases(receipt.logs) }
}
