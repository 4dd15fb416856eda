import type { MarketClient } from '@tender/sdk'
import { blockAt } from '../facts/blockAt.ts'
import { type EraTiming, TAIL_ERAS } from '../facts/chainFacts.ts'
import type { ChainView } from '../facts/chainView.ts'
import type { FactFollower } from '../facts/followFacts.ts'
import { prune } from '../facts/prune.ts'
import type { Ratings } from '../serve/ratings.ts'
import type { BatchBook } from './batchBook.ts'
import type { Parts } from './parts.ts'
import type { SignatureBook } from './signatureBook.ts'
import type { Witness } from './witness.ts'

export type TidyingOptions = {
  client: MarketClient
  timing: EraTiming
  facts: Pick<FactFollower, 'book' | 'head'>
  chain: Pick<ChainView, 'next' | 'time'>
  parts: Parts
  batches: BatchBook
  signatures: SignatureBook
  ratings: Ratings
  witness: Pick<Witness, 'forgetBefore'>
  keepEras: number
}

/** How far a chain may roll back and still be followed without reading it all again. */
const SETTLED_BLOCKS = 256n

/** Lets go of what no report needs any more, once after each that became effective. */
export function createTidying(options: TidyingOptions): () => Promise<void> {
  const { client, timing, facts, chain, parts, batches, signatures, ratings, witness, keepEras } = options
  let done = 0n
  return async () => {
    const head = facts.head()
    const effective = chain.next().posted.findLast(({ effectiveAt }) => effectiveAt <= chain.time())
    if (!head || !effective || effective.era === done) return
    const { era, coveredUntil } = effective
    const block = await blockAt(client, coveredUntil, head)
    if (!block) return
    prune(facts.book, {
      from: coveredUntil,
      fromBlock: Number(block.number),
      settledBlock: Number(head.number - SETTLED_BLOCKS),
      reports: client.book.contracts.eraReports,
      tailSeconds: TAIL_ERAS * timing.eraSeconds,
    })
    const first = era + 1n - BigInt(keepEras)
    if (first > 0n) {
      await parts.forgetBefore(first)
      batches.forgetBefore(first)
      signatures.forgetBefore(first)
      witness.forgetBefore(first)
    }
    ratings.forgetPast()
    done = era
  }
}
