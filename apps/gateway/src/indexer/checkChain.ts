import { getEraClock, getJobTiming, type MarketClient, readBlocks } from '@tender/sdk'
import { otherChain, otherMarket } from './indexErrors.ts'
import type { MarketFacts } from './step.ts'
import type { CursorRow } from './writeStep.ts'

/**
 * Makes sure that what was kept is of this market and of this chain. @returns it, with the hash of the market's first block
 *
 * @throws {TenderError} `otherMarket`, `otherChain`
 */
export async function checkChain(
  client: MarketClient,
  kept: CursorRow | undefined,
  first: CursorRow,
): Promise<CursorRow> {
  if (kept) checkMarket(kept, first)
  const [block] = await readBlocks(client, { blocks: [first.deployBlock] })
  if (!block) return kept ?? first // the node is behind: nothing can be read either
  if (kept && kept.deployHash !== block.hash) {
    const { deployBlock, deployHash } = kept
    throw otherChain('the chain was started anew', { deployBlock, kept: deployHash, found: block.hash })
  }
  return { ...(kept ?? first), deployHash: block.hash }
}

function checkMarket(kept: CursorRow, given: CursorRow): void {
  const facts = [
    ['chain id', kept.chainId, given.chainId],
    ['order book', kept.orderBook, given.orderBook],
    ['first block', kept.deployBlock, given.deployBlock],
  ] as const
  for (const [what, has, wants] of facts) if (has !== wants) throw otherMarket({ what, kept: has, given: wants })
}

/** What never changes about the market. */
export async function readMarketFacts(client: MarketClient): Promise<MarketFacts> {
  const [clock, jobTiming] = await Promise.all([getEraClock(client), getJobTiming(client)])
  return { contracts: client.book.contracts, ...clock, jobTiming }
}
