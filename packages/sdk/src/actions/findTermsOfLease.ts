import { leaseEscrowAbi } from '@tender/abi'
import { NotFoundError, type Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { logPages } from '../internal/logPages.ts'

export type FindTermsOfLeaseParameters = { leaseId: Hex }
export type FindTermsOfLeaseReturnType = Terms

/**
 * A lease's terms, from the chain's logs, newest first. The chain itself keeps only their hash.
 *
 * @throws {NotFoundError}
 *
 * @example
 * const { rate, provider } = await findTermsOfLease(market, { leaseId })
 */
export async function findTermsOfLease(
  client: MarketClient,
  { leaseId }: FindTermsOfLeaseParameters,
): Promise<FindTermsOfLeaseReturnType> {
  const escrow = { address: client.book.contracts.leaseEscrow, abi: leaseEscrowAbi } as const
  // One read tells an unknown id, where the logs would have to be read to the market's first block.
  const slot = client.rpc.readContract({ ...escrow, functionName: 'leaseOf', args: [leaseId] })
  if ((await translated(client, slot)).end === 0) throw unknownLease(leaseId)
  const opened = { ...escrow, eventName: 'LeaseOpened' } as const
  const pages = logPages(client, (range) =>
    client.rpc.getContractEvents({ ...opened, ...range, args: { lease: leaseId }, strict: true }),
  )
  for await (const [log] of pages) if (log) return log.args.terms
  throw unknownLease(leaseId)
}

function unknownLease(leaseId: Hex): NotFoundError {
  return new NotFoundError(`there is no lease ${leaseId}`, { code: 'unknownLease', data: { leaseId } })
}
