import {
  capacityRegistryAbi,
  eraReportsAbi,
  jobsAbi,
  leaseEscrowAbi,
  orderBookAbi,
  providerRegistryAbi,
  rewardsAbi,
  stakingAbi,
} from '@tender/abi'
import type {
  Address,
  ContractFunctionName,
  ContractFunctionReturnType,
  DecodeFunctionDataReturnType,
  Hex,
  ParseEventLogsReturnType,
} from 'viem'

/** Whose events and calls the checker reads. */
export const readAbis = {
  leaseEscrow: leaseEscrowAbi,
  jobs: jobsAbi,
  orderBook: orderBookAbi,
  staking: stakingAbi,
  capacityRegistry: capacityRegistryAbi,
  providerRegistry: providerRegistryAbi,
  eraReports: eraReportsAbi,
  rewards: rewardsAbi,
} as const

export type ContractName = keyof typeof readAbis

/** Where the contracts of a market stand, and in which block the first was made. */
export type MarketPlace = {
  readonly chainId: number
  readonly deployBlock: number
  readonly contracts: Readonly<Record<ContractName | 'stakeToken', Address>>
}

/** Where in the chain something was told. Times are Unix seconds. */
export type Moment = { block: number; index: number; time: number; tx: Hex }

type ToldBy<C extends ContractName> = ParseEventLogsReturnType<
  (typeof readAbis)[C],
  undefined,
  true
>[number] extends infer Log
  ? Log extends { eventName: infer Name; args: infer Args }
    ? { contract: C; name: Name; args: Args; at: Moment }
    : never
  : never

/** One event of one contract of the market. */
export type MarketEvent = { [C in ContractName]: ToldBy<C> }[ContractName]

export type EventOf<C extends ContractName, Name extends string> = Extract<MarketEvent, { contract: C; name: Name }>

type CalledOn<C extends ContractName> =
  DecodeFunctionDataReturnType<(typeof readAbis)[C]> extends infer Call
    ? Call extends { functionName: infer Name; args: infer Args }
      ? { contract: C; name: Name; args: Args; from: Address }
      : never
    : never

/** A call of a contract of the market, as a transaction's data says it; those of a multicall one by one. */
export type MarketCall = { [C in ContractName]: CalledOn<C> }[ContractName]

/** A lease's unchanging terms, as `LeaseOpened` tells them. */
export type Terms = EventOf<'leaseEscrow', 'LeaseOpened'>['args']['terms']
export type JobTerms = EventOf<'jobs', 'JobBegun'>['args']['jobTerms']

type Answer<C extends ContractName, Name extends string> =
  Name extends ContractFunctionName<(typeof readAbis)[C], 'view'>
    ? ContractFunctionReturnType<(typeof readAbis)[C], 'view', Name>
    : never

export type LeaseState = Answer<'leaseEscrow', 'leaseOf'>
export type JobState = Answer<'jobs', 'jobOf'>
export type Commitment = Answer<'capacityRegistry', 'commitmentOf'>
export type Pool = Answer<'staking', 'poolOf'>

/** Numbers that were fixed when the market was deployed, and what was there from the start. */
export type Rules = {
  finalGrace: number
  jobs: Answer<'jobs', 'timing'>
  genesis: number
  eraSeconds: number
}

/** Tokens that moved to or from a contract of the market, whoever caused it. */
export type TokenMove = { token: Address; from: Address; to: Address; amount: bigint; at: Moment }

/** What contracts say that they have, as of the last block. Keys of several parts are joined by a slash, addresses checksummed. */
export type State = {
  /** Of the escrow, by token. */
  tokens: Map<Address, bigint>
  /** `account/token`. */
  balances: Map<string, bigint>
  leases: Map<Hex, { state: LeaseState; held: bigint }>
  jobs: Map<Hex, JobState>
  /** `provider/resource`. */
  capacity: Map<string, Commitment>
  pools: Map<bigint, Pool>
  /** `pool/account`. */
  shares: Map<string, bigint>
  /** Stake tokens that the staking contract has. */
  staked: bigint
  claimable: Map<Address, bigint>
}

/** All that the checker knows of a market: what its chain says, as of one block. */
export type ChainFacts = {
  place: MarketPlace
  last: { block: number; time: number }
  /** In the chain's order. */
  events: MarketEvent[]
  /** Of the transactions that told something. */
  calls: Map<Hex, MarketCall[]>
  moves: TokenMove[]
  /** Of the blocks that draws were anchored to. */
  blockHashes: Map<number, Hex>
  rules: Rules
  state: State
}
