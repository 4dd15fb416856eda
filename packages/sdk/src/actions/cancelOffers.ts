import { providerRegistryAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type CancelOffersParameters = { provider: bigint }
export type CancelOffersReturnType = {
  transaction: Hex
  /** What offers must carry from now on. */
  offerEpoch: number
}

/**
 * Kills every offer that a provider signed so far. Owner or operator.
 *
 * @throws {ContractError} `NotOwnerOrOperator`
 *
 * @example
 * const { offerEpoch } = await cancelOffers(market, { provider: 1n })
 */
export async function cancelOffers(
  client: MarketClient,
  { provider }: CancelOffersParameters,
): Promise<CancelOffersReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({ abi: providerRegistryAbi, functionName: 'cancelOffers', args: [provider] }),
  })
  const events = parseEventLogs({ abi: providerRegistryAbi, logs: receipt.logs, eventName: 'OffersCancelled' })
  return { transaction: receipt.transactionHash, offerEpoch: first(events, 'OffersCancelled').args.offerEpoch }
}
