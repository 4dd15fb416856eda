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
  AbiParametersToPrimitiveTypes,
  Address,
  DecodeFunctionDataReturnType,
  ExtractAbiFunction,
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

type ToldBy<C extends ContractName> =
  ParseEventLogsReturnType<(typeof readAbis)[C], undefined, true>[number] extends infer Log
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

type Answer<Abi extends readonly unknown[], Name extends string> =
  ExtractAbiFunction<Extract<Abi, import('viem').Abi>, Name> extends infer Fn
    ? Fn extends { outputs: infer Outputs extends readonly import('viem').AbiParameter[] }
      ? AbiParametersToPrimitiveTypes<Outputs>[0]
      : never
    : never

export type LeaseState = Answer<typeof leaseEscrowAbi, 'leaseOf'>
export type JobState = Answer<typeof jobsAbi, 'jobOf'>
export type Commitment = Answer<typeof capacityRegistryAbi, 'commitmentOf'>
export type Pool = Answer<typeof stakingAbi, 'poolOf'>
export const _probe: Pool = undefined as never as Pool
export const a: EventOf<'leaseEscrow', 'LeaseSettled'>['args'] = { lease: '0x', secondsPaid: 1, paid: 1n, fee: 1n }
export const b: LeaseState = 5
export const c: Terms = 5
