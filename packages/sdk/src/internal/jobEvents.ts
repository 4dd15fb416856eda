import { jobsAbi } from '@tender/abi'
import { type Address, formatLog, type Hex, numberToHex, type ParseEventLogsReturnType, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LogPagesOptions, logPages } from './logPages.ts'

export type JobLog = Extract<
  ParseEventLogsReturnType<typeof jobsAbi, undefined, true>[number],
  { args: { lease: Hex } }
>

/** What the jobs' contract said of one job, the oldest first. Stops at the event that began it: nothing is before that. */
export async function jobLogs(client: MarketClient, lease: Hex, range: LogPagesOptions = {}): Promise<JobLog[]> {
  const found: JobLog[] = []
  const pages = logPages(client, (page) => readPage(client, lease, page), range)
  for await (const page of pages) {
    found.unshift(...page)
    if (page.some(({ eventName }) => eventName === 'JobBegun')) break
  }
  return found
}

/** Every event of a job has the lease as its first topic, so the node does the search. */
async function readPage(client: MarketClient, lease: Hex, range: { fromBlock: bigint; toBlock: bigint }) {
  const [fromBlock, toBlock] = [numberToHex(range.fromBlock), numberToHex(range.toBlock)]
  const logs = await client.rpc.request({
    method: 'eth_getLogs',
    params: [{ address: client.book.contracts.jobs, topics: [null, lease], fromBlock, toBlock }],
  })
  const parsed = parseEventLogs({ abi: jobsAbi, logs: logs.map((log) => formatLog(log)) })
  return parsed.flatMap((log) => ('lease' in log.args ? [log] : [])) as JobLog[] // CAST: filtered by what makes one
}

/** The validators that were drawn last, in their order; none if nobody drew. */
export async function validatorsOf(client: MarketClient, lease: Hex): Promise<readonly Address[]> {
  const drawn = (await jobLogs(client, lease)).filter((log) => log.eventName === 'JobDrawn')
  return drawn.at(-1)?.args.validators ?? []
}
