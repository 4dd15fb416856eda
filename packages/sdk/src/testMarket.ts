// What only a test network lets one do: money from nothing, trust by decree. Nothing here works on a real market.

import { scriptedReportsAbi, stakeTokenAbi, testDollarAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from './createMarketClient.ts'
import { send } from './internal/send.ts'

/**
 * Mints test dollars, as anyone may.
 *
 * @example
 * await mintTestDollars(market, { asset, to: tenant, amount: 100_000_000n })  // 100 USDC
 */
export async function mintTestDollars(
  client: MarketClient,
  { asset, to, amount }: { asset: Address; to: Address; amount: bigint },
): Promise<{ transaction: Hex }> {
  const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [to, amount] })
  return { transaction: (await send(client, { to: asset, data })).transactionHash }
}

/**
 * Mints stake tokens, as the market's stake minter.
 *
 * @throws {ContractError} `NotMinter`
 *
 * @example
 * await mintStakeTokens(minterMarket, { to: owner, amount: parseUnits('1000', 18) })
 */
export async function mintStakeTokens(
  client: MarketClient,
  { to, amount }: { to: Address; amount: bigint },
): Promise<{ transaction: Hex }> {
  const data = encodeFunctionData({ abi: stakeTokenAbi, functionName: 'mint', args: [to, amount] })
  return { transaction: (await send(client, { to: client.book.contracts.stakeToken, data })).transactionHash }
}
