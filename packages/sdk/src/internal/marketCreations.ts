import {
  accessManagerAbi,
  accessManagerBytecode,
  capacityRegistryAbi,
  capacityRegistryBytecode,
  eraReportsAbi,
  eraReportsBytecode,
  jobsAbi,
  jobsBytecode,
  leaseEscrowAbi,
  leaseEscrowBytecode,
  orderBookAbi,
  orderBookBytecode,
  providerRegistryAbi,
  providerRegistryBytecode,
  rewardsAbi,
  rewardsBytecode,
  stakeTokenAbi,
  stakeTokenBytecode,
  stakingAbi,
  stakingBytecode,
} from '@tender/abi'
import { type Address, encodeDeployData, type Hex, parseUnits } from 'viem'
import type { DeployMarketParameters } from '../actions/deployMarket.ts'
import type { AddressBook } from '../addressBook.ts'

type Contracts = AddressBook['contracts']

const DAY_SECONDS = 24 * 3600

/** An hour's outage of anybody is no event, and a report comes every day; vetoes have six hours. */
const DEFAULT_ERAS = {
  eraSeconds: DAY_SECONDS,
  activationDelaySeconds: 6 * 3600,
  livenessEras: 3,
  maxVetoes: 3,
} as const

/** If the reports of two eras are vetoed as often as they can be the second is effective after 10 days: until then stake has to be there. */
const DEFAULT_UNBONDING_SECONDS = 14 * DAY_SECONDS

/** If those come as late as they can, too, it is after 26 days; then providers have time to claim. */
const DEFAULT_GRACE_SECONDS = 30 * DAY_SECONDS

/** A tenant that is awake looks at a result within an hour, a draw outlasts an evening's outage, and a sample is run again meanwhile. */
const DEFAULT_JOB_TIMING = { challengeSeconds: 3600, drawSeconds: 6 * 3600, verdictSeconds: 6 * 3600 } as const

const DEFAULT_SUPPLY = parseUnits('100000000', 18)

/** Where the contracts will stand, in the order of their creation. */
export function contractsAt(at: (index: number) => Address): Contracts {
  return {
    accessManager: at(0),
    stakeToken: at(1),
    providerRegistry: at(2),
    staking: at(3),
    capacityRegistry: at(4),
    leaseEscrow: at(5),
    orderBook: at(6),
    rewards: at(7),
    eraReports: at(8),
    jobs: at(9),
  }
}

/** What is deployed, in the order of {@link contractsAt}. The reports come after what they check. */
export function creationsOf(
  contracts: Contracts,
  parameters: DeployMarketParameters,
  deployer: Address,
): [Address, Hex][] {
  const { accessManager, stakeToken, providerRegistry, staking, capacityRegistry, leaseEscrow } = contracts
  const { orderBook, rewards, eraReports, jobs } = contracts
  const code = {
    ...actors(contracts, parameters, deployer),
    ...trade(contracts, parameters),
    ...judgement(contracts, parameters),
  }
  return [
    [accessManager, code.accessManager],
    [stakeToken, code.stakeToken],
    [providerRegistry, code.providerRegistry],
    [staking, code.staking],
    [capacityRegistry, code.capacityRegistry],
    [leaseEscrow, code.leaseEscrow],
    [orderBook, code.orderBook],
    [rewards, code.rewards],
    [eraReports, code.eraReports],
    [jobs, code.jobs],
  ]
}

/** Who governs, who provides, and what is staked. */
function actors(
  { accessManager, stakeToken, providerRegistry, staking, capacityRegistry, orderBook, rewards, eraReports }: Contracts,
  parameters: DeployMarketParameters,
  deployer: Address,
) {
  const { governor = deployer, stake = {}, unbondingDelaySeconds = DEFAULT_UNBONDING_SECONDS } = parameters
  const { holder = governor, supply = DEFAULT_SUPPLY } = stake
  return {
    // The deployer governs until the parameters are set.
    accessManager: encodeDeployData({ abi: accessManagerAbi, bytecode: accessManagerBytecode, args: [deployer] }),
    stakeToken: encodeDeployData({ abi: stakeTokenAbi, bytecode: stakeTokenBytecode, args: [rewards, holder, supply] }),
    providerRegistry: encodeDeployData({
      abi: providerRegistryAbi,
      bytecode: providerRegistryBytecode,
      args: [accessManager, orderBook, staking, eraReports],
    }),
    staking: encodeDeployData({
      abi: stakingAbi,
      bytecode: stakingBytecode,
      args: [accessManager, stakeToken, providerRegistry, capacityRegistry, eraReports, rewards, unbondingDelaySeconds],
    }),
  }
}

/** What is sold, and the money for it. */
function trade(
  { accessManager, providerRegistry, staking, capacityRegistry, leaseEscrow, orderBook, rewards }: Contracts,
  { finalGraceSeconds = DEFAULT_GRACE_SECONDS }: DeployMarketParameters,
) {
  return {
    capacityRegistry: encodeDeployData({
      abi: capacityRegistryAbi,
      bytecode: capacityRegistryBytecode,
      args: [accessManager, providerRegistry, staking, orderBook, leaseEscrow],
    }),
    leaseEscrow: encodeDeployData({
      abi: leaseEscrowAbi,
      bytecode: leaseEscrowBytecode,
      args: [accessManager, orderBook, providerRegistry, capacityRegistry, rewards, finalGraceSeconds],
    }),
    orderBook: encodeDeployData({
      abi: orderBookAbi,
      bytecode: orderBookBytecode,
      args: [accessManager, providerRegistry, capacityRegistry, leaseEscrow, staking],
    }),
  }
}

/** What was served, and what follows. */
function judgement(
  { accessManager, stakeToken, providerRegistry, staking, leaseEscrow, orderBook, eraReports }: Contracts,
  { eras = DEFAULT_ERAS, jobTiming = DEFAULT_JOB_TIMING }: DeployMarketParameters,
) {
  const { eraSeconds, activationDelaySeconds: activationDelay, livenessEras, maxVetoes } = eras
  return {
    rewards: encodeDeployData({
      abi: rewardsAbi,
      bytecode: rewardsBytecode,
      args: [accessManager, stakeToken, staking, leaseEscrow, eraReports],
    }),
    eraReports: encodeDeployData({
      abi: eraReportsAbi,
      bytecode: eraReportsBytecode,
      args: [
        accessManager,
        orderBook,
        providerRegistry,
        staking,
        leaseEscrow,
        { eraSeconds, activationDelay, livenessEras, maxVetoes },
      ],
    }),
    jobs: encodeDeployData({
      abi: jobsAbi,
      bytecode: jobsBytecode,
      args: [accessManager, orderBook, providerRegistry, leaseEscrow, eraReports, jobTiming],
    }),
  }
}
