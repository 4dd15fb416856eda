import { leaseEscrowAbi } from '@tender/abi'
import type { Terms } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { logPages } from '../internal/logPages.ts'

export type FindLeasesParameters = {
  /** Only this tenant's. */
  tenant?: Address | undefined
  /** Only this provider's. */
  provider?: bigint | undefined
  /** Only those opened in this block or later. @default the market's first */
  fromBlock?: number | undefined
}
export type FindLeasesReturnType = {
  leaseId: Hex
  terms: Terms
  /** Block it was opened in. */
  block: number
}[]

/**
 * Leases that were ever opened, the oldest first, from the chain's logs. Ask `getLease` how each stands.
 *
 * @example
 * for (const { leaseId, terms } of await findLeases(market, { tenant })) console.log(leaseId, terms.provider)
 */
export async function findLeases(
  client: MarketClient,
  { tenant, provider, fromBlock }: FindLeasesParameters,
): Promise<FindLeasesReturnType> {
  const opened = { address: client.book.contracts.leaseEscrow, abi: leaseEscrowAbi, eventName: 'LeaseOpened' } as const
  const read = (range: { fromBlock: bigint; toBlock: bigint }) =>
    client.rpc.getContractEvents({ ...opened, ...range, args: { tenant, provider }, strict: true })
  const leases: FindLeasesReturnType = []
  for await (const page of logPages(client, read, { fromBlock })) {
    const found = page.map(({ args, blockNumber }) => ({
      leaseId: args.lease,
      terms: args.terms,
      block: Number(blockNumber),
    }))
    leases.unshift(...found)
  }
  return leases
}
