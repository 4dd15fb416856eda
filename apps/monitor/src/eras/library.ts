import { type EraSources, type MarketDomain, NotFoundError, PART_BYTES, TenderError } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { NextReport } from '../facts/nextReport.ts'
import type { Parts } from './parts.ts'

/** Asks a monitor for content by its hash; resolves only with what the hash says. */
export type AskPart = (from: Address, hash: Hex, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array>

export type LibraryOptions = {
  domain: MarketDomain
  reports: Address
  parts: Parts
  askPart: AskPart
  others(): readonly Address[]
  /** Reports on the chain. */
  next(): Pick<NextReport, 'posted'>
}

/** The data of eras, from this monitor's disk or else from others'. */
export type Library = {
  /** What is found anew is kept with the data of `era`. */
  sources(era: bigint, signal: AbortSignal): EraSources
}

/** Batches are as large as any part. */
const MAX_BYTES = 4 * PART_BYTES

export function createLibrary({ domain, reports, parts, askPart, others, next }: LibraryOptions): Library {
  async function find(hash: Hex, era: bigint, signal: AbortSignal): Promise<Uint8Array> {
    const here = await parts.get(hash)
    if (here) return here
    for (const monitor of others()) {
      try {
        const content = await askPart(monitor, hash, MAX_BYTES, signal)
        await parts.put(content, era)
        return content
      } catch {
        signal.throwIfAborted() // the next may have it
      }
    }
    throw new NotFoundError(`no monitor has part ${hash} of era ${era}`, { code: 'unknownPart', data: { hash, era } })
  }

  return {
    sources: (era, signal) => ({
      domain,
      reports,
      part: (hash) => find(hash, era, signal),
      async dataHashOf(asked) {
        const report = next().posted.find((posted) => posted.era === asked)
        if (report) return report.dataHash
        throw new TenderError(`era ${asked} has no report`, { code: 'unknownEra', class: 'notFound', data: { asked } })
      },
    }),
  }
}
