import { leaseEscrowAbi } from '@tender/abi'
import { resourceName, type Terms } from '@tender/protocol'
import { type Address, isAddressEqual } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type BlockRange, logPages } from '../internal/logPages.ts'

export type FindMatchesParameters = {
  /** Resource class, e.g. `cu`. */
  resource: string
  /** Only those paid in this asset: prices of others are not comparable. */
  asset: Address
  /** Only leases that began then or later, Unix seconds. */
  since: number
  /** At most so many, the newest. */
  most: number
}

/** What somebody paid for a unit. */
export type Match = {
  provider: bigint
  /** Smallest units per resource unit and hour. */
  price: bigint
  units: number
  /** See `tiers`. */
  tier: number
  /** Unix seconds. */
  start: number
}
export type FindMatchesReturnType = Match[]

/**
 * What was paid for a resource class lately, the newest first, from the chain's logs. Reads no further back than it must.
 *
 * @example
 * const matches = await findMatches(market, { resource: 'cu', asset, since: timestamp - 86_400, most: 50 })
 * // [{ provider: 3n, price: 19000n, units: 2, tier: 1, start: 1795238167 }]
 */
export async function findMatches(
  client: MarketClient,
  { resource, asset, since, most }: FindMatchesParameters,
): Promise<FindMatchesReturnType> {
  const opened = { address: client.book.contracts.leaseEscrow, abi: leaseEscrowAbi, eventName: 'LeaseOpened' } as const
  let first = 0n
  const read = (range: BlockRange) => {
    first = range.fromBlock
    return client.rpc.getContractEvents({ ...opened, ...range, strict: true })
  }
  const fits = (terms: Terms) =>
    resourceName(terms.resource) === resource && isAddressEqual(terms.asset, asset) && terms.start >= since
  const matches: Match[] = []
  for await (const page of logPages(client, read)) {
    const found = page.map(({ args }) => args.terms).filter(fits)
    matches.push(...found.toReversed().map(matchOf))
    if (matches.length >= most || (await startedBefore(client, first, since))) break
  }
  return matches.slice(0, most)
}

function matchOf({ provider, rate, units, tier, start }: Terms): Match {
  // A rate is price × units, so this is exact.
  return { provider, price: rate / BigInt(units), units, tier, start }
}

async function startedBefore(client: MarketClient, block: bigint, since: number): Promise<boolean> {
  const { timestamp } = await translated(client, client.rpc.getBlock({ blockNumber: block }))
  return Number(timestamp) < since
}
