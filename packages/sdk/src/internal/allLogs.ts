import type { AbiEvent, Address, GetLogsReturnType } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LogPagesOptions, logPages } from './logPages.ts'

/** A contract's logs of these events, the oldest first. */
export async function allLogs<const Events extends readonly AbiEvent[]>(
  client: MarketClient,
  { address, events, ...range }: LogPagesOptions & { address: Address; events: Events },
): Promise<GetLogsReturnType<undefined, Events, true>> {
  const pages = logPages(client, (page) => client.rpc.getLogs({ address, events, strict: true, ...page }), range)
  return (await Array.fromAsync(pages)).reverse().flat()
}
