import { testDollarAbi, testDollarBytecode } from '@tender/abi'
import { TenderError, type Tier } from '@tender/protocol'
import { type Address, encodeDeployData, getContractAddress, type Hex, isAddressEqual } from 'viem'
import type { AddressBook } from '../addressBook.ts'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { contractsAt, creationsOf } from '../internal/marketCreations.ts'
import { marketSettings } from '../internal/marketSettings.ts'
import { accountOf, send } from '../internal/send.ts'

export type DeployMarketParameters = {
  /** Sets parameters later, within bounds. @default the client's account */
  governor?: Address | undefined
  /** Who has the stake tokens that there are at first; more are only minted as rewards. */
  stake?:
    | {
        /** @default the governor */
        holder?: Address | undefined
        /** Smallest units. @default a hundred million whole tokens */
        supply?: bigint | undefined
      }
    | undefined
  /** Resource classes and the stake that each unit needs, stake tokens' smallest units. */
  resources: readonly { resource: string; stakePerUnit: bigint }[]
  /** Tokens to take, beside or instead of the test dollar. @default none */
  assets?: readonly Address[] | undefined
  /** Deploys a 6-decimal dollar that anyone may mint, as the default asset. For test networks. @default false */
  testDollar?: boolean | undefined
  /**
   * What 10^18 smallest units of each asset are worth, stake tokens' smallest units; the test dollar first, then `assets`. An asset
   * without a rate counts for neither credits nor rewards. @default none
   */
  assetRates?: readonly bigint[] | undefined
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
  /** When monitors report. Fixed for ever. @default a day, effective 6 hours later; 3 missing eras; 3 vetoes */
  eras?:
    | {
        eraSeconds: number
        /** Between a report's posting and its effect, for vetoes. */
        activationDelaySeconds: number
        /** So many eras without a report let leases be settled by time. */
        livenessEras: number
        /** Of one era's reports in a row. */
        maxVetoes: number
      }
    | undefined
  /** How long the steps of a job may take. Fixed for ever. @default an hour to challenge, 6 hours each to draw and to judge */
  jobTiming?:
    | {
        /** After the draw, for the tenant to look at the result: until then a good verdict waits. */
        challengeSeconds: number
        /** After a submission: a job whose validators nobody drew by then is refunded. */
        drawSeconds: number
        /** For the validators. Without a verdict by then a second set is drawn, without one of theirs the price is split. */
        verdictSeconds: number
      }
    | undefined
  /** Rules of monitoring. @default the contract's own */
  monitorPolicy?:
    | {
        /** Whole stake tokens that a monitor needs. */
        minWeight: number
        /** Of what an era of a lease below its promised uptime costs, that its provider owes its tenant. */
        creditBps: number
        /** Stake tokens that a dispute needs, smallest units. */
        disputeBond: bigint
      }
    | undefined
  /** What providers are rewarded with. @default no rewards */
  rewardPolicy?:
    | {
        /** New stake tokens per era, for all providers, smallest units. */
        providerBudget: bigint
        /** Weight of fees paid by a provider's leases. */
        feeFactorBps: number
        /** Weight of proven idle capacity, as a share of what the same time leased would pay in fees. */
        idleFactorBps: number
        /** Rewards for leased time are at most so much of the fees that the leases paid; below 10,000. */
        mostOfFeesBps: number
      }
    | undefined
  /**
   * How long stake stays after `unstake`; governance can never set it lower. At least `2 * (maxVetoes + 1)` times an era with
   * its activation delay. @default two weeks
   */
  unbondingDelaySeconds?: number | undefined
  /**
   * So long after a lease's stop anyone may give the tenant what nobody claimed. Fixed for ever. At least `2 * (maxVetoes + 1)` times
   * the liveness eras with an activation delay. @default 30 days
   */
  finalGraceSeconds?: number | undefined
}
export type DeployMarketReturnType = AddressBook

/**
 * Deploys a market: its contracts, which know each other by addresses that are predicted, and its parameters.
 *
 * @throws {ContractError} `UnbondingDelayTooShort`, `FinalGraceTooShort` for these eras
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
  const contracts = contractsAt(at)
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
