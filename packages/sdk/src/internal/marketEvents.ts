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
import { type Address, type Hex, type Log, type ParseEventLogsReturnType, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'

const marketEvents = [
  ...leaseEscrowAbi,
  ...orderBookAbi,
  ...providerRegistryAbi,
  ...capacityRegistryAbi,
  ...stakingAbi,
  ...eraReportsAbi,
  ...rewardsAbi,
  ...jobsAbi,
] as const

type MarketLog = ParseEventLogsReturnType<typeof marketEvents, undefined, true>[number]
type EventOf<L> = L extends { eventName: infer Name; args: infer Args } ? { type: Name; args: Args } : never

/** Where in the chain something happened. */
export type ChainPlace = {
  block: number
  blockHash: Hex
  transaction: Hex
  logIndex: number
  /** Who said so. */
  contract: Address
  /** Of its block, Unix seconds; `undefined` if the node does not tell it with its logs. */
  timestamp: number | undefined
}

/** One event of the market's contracts: `type` is its name, `args` its arguments by name. */
export type MarketEvent = EventOf<MarketLog> & ChainPlace

/** The last block whose events were all read. Plain JSON, to be kept and given back after a restart. */
export type MarketCursor = { block: number; hash: Hex }

/** The contracts whose events are a market's. */
export function contractsOf({ book }: Pick<MarketClient, 'book'>): Address[] {
  const { leaseEscrow, orderBook, providerRegistry, capacityRegistry, staking } = book.contracts
  const { eraReports, rewards, jobs } = book.contracts
  return [leaseEscrow, orderBook, providerRegistry, capacityRegistry, staking, eraReports, rewards, jobs]
}

export function toEvents(logs: Log<bigint, number, false>[]): MarketEvent[] {
  // viem hashes every event's signature anew each time: a tenth of what an idle daemon did.
  return logs.length === 0 ? [] : parseEventLogs({ abi: marketEvents, logs }).map(toEvent)
}

function toEvent(log: MarketLog): MarketEvent {
  const { eventName, args, blockNumber, blockHash, transactionHash, logIndex, address, blockTimestamp } = log
  const place: ChainPlace = {
    block: Number(blockNumber),
    blockHash,
    transaction: transactionHash,
    logIndex,
    contract: address,
    timestamp: blockTimestamp === undefined ? undefined : Number(blockTimestamp),
  }
  // CAST: name and arguments come from the same log; TypeScript does not carry a union's pairing through a spread
  return { type: eventName, args, ...place } as MarketEvent
}
