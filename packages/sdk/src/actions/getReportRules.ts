import { capacityRegistryAbi, eraReportsAbi, rewardsAbi } from '@tender/abi'
import type { EraRules } from '@tender/protocol'
import { type Address, getAbiItem } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { allLogs } from '../internal/allLogs.ts'

export type GetReportRulesParameters = {
  /** As of this block. @default the latest */
  blockNumber?: bigint | undefined
}
/** What the chain says of {@link EraRules}; how many monitors watch a lease is not the chain's to say. */
export type GetReportRulesReturnType = Omit<EraRules, 'redundancy'> & {
  /** How long an era is meant to be. Eras end `genesis + n * eraSeconds`. */
  eraSeconds: number
  /** When the reports' contract was deployed, Unix seconds. */
  genesis: number
  /** Between a report's posting and its effect. */
  activationDelaySeconds: number
  /** So many eras without a report becoming effective let leases be settled by time. */
  livenessEras: number
  /** Of one era's reports in a row. */
  maxVetoes: number
  /** Whole stake tokens that a monitor needs. */
  minWeight: number
  /** Stake tokens that a dispute needs, smallest units. */
  disputeBond: bigint
}

/**
 * What is fixed and what governance set about reports, rewards and penalties.
 *
 * @example
 * const { eraSeconds, genesis, creditBps } = await getReportRules(market, { blockNumber })
 */
export async function getReportRules(
  client: MarketClient,
  { blockNumber }: GetReportRulesParameters = {},
): Promise<GetReportRulesReturnType> {
  const { eraReports, rewards } = client.book.contracts
  const reports = { address: eraReports, abi: eraReportsAbi, blockNumber } as const
  const [timing, genesis, policy, rewardPolicy, penaltyBps, rates] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...reports, functionName: 'timing' }),
      client.rpc.readContract({ ...reports, functionName: 'genesis' }),
      client.rpc.readContract({ ...reports, functionName: 'policy' }),
      client.rpc.readContract({ address: rewards, abi: rewardsAbi, blockNumber, functionName: 'policy' }),
      readPenalties(client, blockNumber),
      readRates(client, blockNumber),
    ]),
  )
  const { eraSeconds, activationDelay: activationDelaySeconds, livenessEras, maxVetoes } = timing
  const fixed = { eraSeconds, genesis, activationDelaySeconds, livenessEras, maxVetoes }
  return { ...fixed, ...policy, ...rewardPolicy, penaltyBps, rates }
}

async function readPenalties(client: MarketClient, blockNumber: bigint | undefined): Promise<EraRules['penaltyBps']> {
  const capacity = { address: client.book.contracts.capacityRegistry, abi: capacityRegistryAbi, blockNumber } as const
  const ofTier = (tier: bigint) => client.rpc.readContract({ ...capacity, functionName: 'penaltyBps', args: [tier] })
  return Promise.all([ofTier(0n), ofTier(1n), ofTier(2n)])
}

/** By the assets' addresses, which is how reports list them. */
async function readRates(client: MarketClient, blockNumber: bigint | undefined): Promise<EraRules['rates']> {
  const logs = await allLogs(client, {
    address: client.book.contracts.rewards,
    events: [getAbiItem({ abi: rewardsAbi, name: 'RateChanged' })],
    toBlock: blockNumber === undefined ? undefined : Number(blockNumber),
  })
  const rates = new Map<Address, bigint>(logs.map(({ args }) => [args.asset, args.rate]))
  return [...rates]
    .map(([asset, rate]) => ({ asset, rate }))
    .sort((a, b) => (a.asset.toLowerCase() < b.asset.toLowerCase() ? -1 : 1))
}
