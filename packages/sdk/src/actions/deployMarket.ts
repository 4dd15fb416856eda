import {
  accessManagerAbi,
  accessManagerBytecode,
  capacityRegistryAbi,
  capacityRegistryBytecode,
  leaseEscrowAbi,
  leaseEscrowBytecode,
  orderBookAbi,
  orderBookBytecode,
  providerRegistryAbi,
  providerRegistryBytecode,
  scriptedReportsAbi,
  scriptedReportsBytecode,
  stakeTokenAbi,
  stakeTokenBytecode,
  stakingAbi,
  stakingBytecode,
  testDollarAbi,
  testDollarBytecode,
} from '@tender/abi'
import { TenderError, type Tier } from '@tender/protocol'
import { type Address, encodeDeployData, getContractAddress, type Hex, isAddressEqual } from 'viem'
import type { AddressBook } from '../addressBook.ts'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { marketSettings } from '../internal/marketSettings.ts'
import { accountOf, send } from '../internal/send.ts'

/** Nobody has to hurry on a real network: a week covers weekends and outages. */
const WEEK_SECONDS = 7 * 24 * 3600

export type DeployMarketParameters = {
  /** Sets parameters later, within bounds. @default the client's account */
  governor?: Address | undefined
  /** The only one that may mint stake tokens. @default the client's account */
  stakeMinter?: Address | undefined
  /** Whose escrow balance grows by the fee. @default the client's account */
  rewardWallet?: Address | undefined
  /** Resource classes and the stake that each unit needs, stake tokens' smallest units. */
  resources: readonly { resource: string; stakePerUnit: bigint }[]
  /** Tokens to take, beside or instead of the test dollar. @default none */
  assets?: readonly Address[] | undefined
  /** Deploys a 6-decimal dollar that anyone may mint, as the default asset. For test networks. @default false */
  testDollar?: boolean | undefined
  /** The market's part of what providers are paid, at most 200. @default 0 */
  feeBps?: number | undefined
  /** The share of its stake that a provider loses by abandoning a lease, by tier. @default the contract's own */
  penaltyBps?: Partial<Record<Tier, number>> | undefined
  /** Rules of ordering. @default the contract's own */
  policy?:
    | {
        maxAuctionSeconds: number
        startWindowSeconds: number
        /** Stake tokens that a tenant needs before it may order, smallest units. */
        tenantStake: bigint
        /** How much of its price a provider's rank forgives, by trust level 1 to 5. */
        advantageBps: readonly [number, number, number, number, number]
      }
    | undefined
  /** How long stake stays after `unstake`; governance can never set it lower. @default a week */
  unbondingDelaySeconds?: number | undefined
  /** So long after a lease's stop anyone may give the tenant what nobody claimed. Fixed for ever. @default a week */
  finalGraceSeconds?: number | undefined
}
export type DeployMarketReturnType = AddressBook

type Contracts = AddressBook['contracts']

/**
 * Deploys a market: its contracts, which know each other by addresses that are predicted, and its parameters.
 *
 * @throws {TenderError} `deploymentDisturbed` if the account sent something else meanwhile
 *
 * @example
 * const book = await deployMarket(chain, { testDollar: true, resources: [{ resource: 'cu', stakePerUnit: 10n ** 18n }] })
 * await writeFile('market.json', JSON.stringify(book))
 */
export async function deployMarket(
  client: ChainClient,
  parameters: DeployMarketParameters,
): Promise<DeployMarketReturnType> {
  const from = accountOf(client).address
  const nonce = await translated(client, client.rpc.getTransactionCount({ address: from, blockTag: 'pending' }))
  const at = (index: number) => getContractAddress({ from, nonce: BigInt(nonce + index) })
  const contracts: Contracts = {
    accessManager: at(0),
    stakeToken: at(1),
    providerRegistry: at(3),
    staking: at(4),
    capacityRegistry: at(5),
    leaseEscrow: at(6),
    orderBook: at(7),
    rewards: parameters.rewardWallet ?? from,
    eraReports: at(2),
  }
  const creations = creationsOf(contracts, parameters, from)
  const dollar = parameters.testDollar ? at(creations.length) : undefined
  if (dollar) creations.push([dollar, encodeDeployData({ abi: testDollarAbi, bytecode: testDollarBytecode })])

  let deployBlock = 0
  for (const [address, data] of creations) {
    const block = await create(client, address, data)
    deployBlock ||= block
  }
  const assets = [...(dollar ? [dollar] : []), ...(parameters.assets ?? [])]
  for (const call of marketSettings(contracts, assets, parameters, from)) await send(client, call)
  return { chainId: client.chainId, deployBlock, contracts, assets }
}

/** What is deployed, in the order of the predicted addresses. */
function creationsOf(contracts: Contracts, parameters: DeployMarketParameters, from: Address): [Address, Hex][] {
  const { accessManager, stakeToken, eraReports, providerRegistry, staking, capacityRegistry, leaseEscrow } = contracts
  const { orderBook } = contracts
  const { stakeMinter = from, rewardWallet = from } = parameters
  const { unbondingDelaySeconds = WEEK_SECONDS, finalGraceSeconds = WEEK_SECONDS } = parameters
  return [
    [accessManager, encodeDeployData({ abi: accessManagerAbi, bytecode: accessManagerBytecode, args: [from] })],
    [stakeToken, encodeDeployData({ abi: stakeTokenAbi, bytecode: stakeTokenBytecode, args: [stakeMinter, from, 0n] })],
    [
      eraReports,
      encodeDeployData({ abi: scriptedReportsAbi, bytecode: scriptedReportsBytecode, args: [accessManager] }),
    ],
    [
      providerRegistry,
      encodeDeployData({
        abi: providerRegistryAbi,
        bytecode: providerRegistryBytecode,
        args: [accessManager, orderBook, staking, eraReports],
      }),
    ],
    [
      staking,
      encodeDeployData({
        abi: stakingAbi,
        bytecode: stakingBytecode,
        // Nobody credits rewards yet: the reward wallet stands where their contract will.
        args: [
          accessManager,
          stakeToken,
          providerRegistry,
          capacityRegistry,
          eraReports,
          rewardWallet,
          unbondingDelaySeconds,
        ],
      }),
    ],
    [
      capacityRegistry,
      encodeDeployData({
        abi: capacityRegistryAbi,
        bytecode: capacityRegistryBytecode,
        args: [accessManager, providerRegistry, staking, orderBook, leaseEscrow],
      }),
    ],
    [
      leaseEscrow,
      encodeDeployData({
        abi: leaseEscrowAbi,
        bytecode: leaseEscrowBytecode,
        args: [accessManager, orderBook, providerRegistry, capacityRegistry, rewardWallet, finalGraceSeconds],
      }),
    ],
    [
      orderBook,
      encodeDeployData({
        abi: orderBookAbi,
        bytecode: orderBookBytecode,
        args: [accessManager, providerRegistry, capacityRegistry, leaseEscrow, staking],
      }),
    ],
  ]
}

/** Creates one contract where it was predicted. Returns its block. */
async function create(client: ChainClient, predicted: Address, data: Hex): Promise<number> {
  const { contractAddress, blockNumber } = await send(client, { data })
  if (!contractAddress || !isAddressEqual(contractAddress, predicted)) {
    throw new TenderError(`a contract was to stand at ${predicted} but stands at ${contractAddress}`, {
      code: 'deploymentDisturbed',
      class: 'conflict',
      hint: 'Deploy again, and send nothing else from this account meanwhile.',
      data: { predicted, contractAddress },
    })
  }
  return Number(blockNumber)
}
