// What only a test network lets one do: money from nothing, trust by decree. Nothing here works on a real market.

import { scriptedReportsAbi, stakeTokenAbi, testDollarAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import { getChainTime } from './actions/getChainTime.ts'
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

/**
 * Scripts a provider's score as of now, as the market's governor. `updateTrust` then takes it into the registry.
 *
 * @throws {ContractError} `AccessManagedUnauthorized`
 *
 * @example
 * await scriptScore(governorMarket, { provider: 1n, score: 8_200 })  // trust level 2
 */
export async function scriptScore(
  client: MarketClient,
  { provider, score }: { provider: bigint; score: number },
): Promise<{ transaction: Hex }> {
  const { timestamp } = await getChainTime(client)
  const args = [provider, score, timestamp] as const
  return script(client, encodeFunctionData({ abi: scriptedReportsAbi, functionName: 'setScore', args }))
}

/**
 * Scripts how many seconds a lease was served in all, as a report of `era` that covers everything up to `coveredUntil`.
 *
 * @throws {ContractError} `AccessManagedUnauthorized`
 *
 * @example
 * await scriptServed(governorMarket, { leaseId, era: 1n, served: 3600, coveredUntil: timestamp })
 * await settleServedLease(market, { lease: leaseId, leaf: { era: 1n, served: 3600 } })
 */
export async function scriptServed(
  client: MarketClient,
  { leaseId, era, served, coveredUntil }: { leaseId: Hex; era: bigint; served: number; coveredUntil: number },
): Promise<{ transaction: Hex }> {
  const abi = scriptedReportsAbi
  await script(client, encodeFunctionData({ abi, functionName: 'setServed', args: [leaseId, era, served] }))
  return script(client, encodeFunctionData({ abi, functionName: 'setEra', args: [era, coveredUntil] }))
}

async function script(client: MarketClient, data: Hex): Promise<{ transaction: Hex }> {
  return { transaction: (await send(client, { to: client.book.contracts.eraReports, data })).transactionHash }
}
