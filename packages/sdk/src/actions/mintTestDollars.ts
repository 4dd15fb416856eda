import { testDollarAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type MintTestDollarsParameters = {
  /** A test dollar, see `deployMarket`. */
  asset: Address
  to: Address
  /** Smallest units. */
  amount: bigint
}
export type MintTestDollarsReturnType = { transaction: Hex }

/**
 * Mints test dollars, as anyone may.
 *
 * @example
 * await mintTestDollars(market, { asset, to: tenant, amount: 100_000_000n })  // 100 USDC
 */
export async function mintTestDollars(
  client: MarketClient,
  { asset, to, amount }: MintTestDollarsParameters,
): Promise<MintTestDollarsReturnType> {
  const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [to, amount] })
  return { transaction: (await send(client, { to: asset, data })).transactionHash }
}
