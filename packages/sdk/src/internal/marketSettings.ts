import {
  accessManagerAbi,
  capacityRegistryAbi,
  eraReportsAbi,
  leaseEscrowAbi,
  orderBookAbi,
  rewardsAbi,
} from '@tender/abi'
import { nameOf, resourceId, tiers } from '@tender/protocol'
import { type Address, encodeFunctionData, isAddressEqual } from 'viem'
import type { DeployMarketParameters } from '../actions/deployMarket.ts'
import type { AddressBook } from '../addressBook.ts'
import type { Call } from './send.ts'

/** OpenZeppelin's role that may do everything that is restricted. */
const ADMIN_ROLE = 0n

type Contracts = AddressBook['contracts']

/** The calls that give a fresh market its parameters and, last, its governor. */
export function marketSettings(
  contracts: Contracts,
  assets: readonly Address[],
  parameters: DeployMarketParameters,
  deployer: Address,
): Call[] {
  return [
    ...escrowSettings(contracts, assets, parameters),
    ...capacitySettings(contracts, parameters),
    ...orderSettings(contracts, parameters),
    ...reportSettings(contracts, parameters),
    ...rewardSettings(contracts, assets, parameters),
    ...handover(contracts, parameters, deployer),
  ]
}

function escrowSettings(
  { leaseEscrow: to, eraReports, jobs }: Contracts,
  assets: readonly Address[],
  { feeBps }: DeployMarketParameters,
): Call[] {
  const abi = leaseEscrowAbi
  return [
    ...assets.map((asset) => ({
      to,
      data: encodeFunctionData({ abi, functionName: 'setAsset', args: [asset, true] }),
    })),
    { to, data: encodeFunctionData({ abi, functionName: 'setVerifier', args: [eraReports, true] }) },
    { to, data: encodeFunctionData({ abi, functionName: 'setJobVerifier', args: [jobs, true] }) },
    ...(feeBps === undefined
      ? []
      : [{ to, data: encodeFunctionData({ abi, functionName: 'setFee', args: [feeBps] }) }]),
  ]
}

function capacitySettings(
  { capacityRegistry: to }: Contracts,
  { resources, penaltyBps = {} }: DeployMarketParameters,
): Call[] {
  const abi = capacityRegistryAbi
  const listed = resources.map(({ resource, stakePerUnit }) => ({
    to,
    data: encodeFunctionData({ abi, functionName: 'setResource', args: [resourceId(resource), true, stakePerUnit] }),
  }))
  const penalties = Object.values(tiers).flatMap((tier) => {
    const name = nameOf(tiers, tier)
    const bps = name && penaltyBps[name]
    if (bps === undefined) return []
    return [{ to, data: encodeFunctionData({ abi, functionName: 'setPenalty', args: [tier, bps] }) }]
  })
  return [...listed, ...penalties]
}

function orderSettings({ orderBook: to }: Contracts, { policy }: DeployMarketParameters): Call[] {
  if (!policy) return []
  const { maxAuctionSeconds, startWindowSeconds, tenantStake, advantageBps } = policy
  const rules = { maxAuction: maxAuctionSeconds, startWindow: startWindowSeconds, tenantStake, advantageBps }
  return [{ to, data: encodeFunctionData({ abi: orderBookAbi, functionName: 'setPolicy', args: [rules] }) }]
}

function reportSettings({ eraReports: to }: Contracts, { monitorPolicy }: DeployMarketParameters): Call[] {
  if (!monitorPolicy) return []
  return [{ to, data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'setPolicy', args: [monitorPolicy] }) }]
}

function rewardSettings(
  { rewards: to }: Contracts,
  assets: readonly Address[],
  { rewardPolicy, assetRates = [] }: DeployMarketParameters,
): Call[] {
  const abi = rewardsAbi
  const rates = assets.flatMap((asset, index) => {
    const rate = assetRates[index]
    return rate === undefined
      ? []
      : [{ to, data: encodeFunctionData({ abi, functionName: 'setRate', args: [asset, rate] }) }]
  })
  if (!rewardPolicy) return rates
  return [...rates, { to, data: encodeFunctionData({ abi, functionName: 'setPolicy', args: [rewardPolicy] }) }]
}

function handover({ accessManager: to }: Contracts, { governor }: DeployMarketParameters, deployer: Address): Call[] {
  if (!governor || isAddressEqual(governor, deployer)) return []
  const abi = accessManagerAbi
  return [
    { to, data: encodeFunctionData({ abi, functionName: 'grantRole', args: [ADMIN_ROLE, governor, 0] }) },
    { to, data: encodeFunctionData({ abi, functionName: 'renounceRole', args: [ADMIN_ROLE, deployer] }) },
  ]
}
