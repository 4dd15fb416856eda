import { type EraSpan, readFacts } from '@tender/monitor'
import {
  type EraSources,
  encodeFacts,
  failureClass,
  partHash,
  splitParts,
  TenderError,
  type VerifiedEra,
  verifyDataSet,
} from '@tender/protocol'
import type { MarketClient, PostedReport } from '@tender/sdk'
import type { Hex } from 'viem'

/** What a check found: `good` absent means that it could not be made, and `says` why. */
export type Check = { check: string; good?: boolean; says: string }

/** What is the data's fault; anything else is a reason not to know. */
const wrongData = new Set(['dataSetMismatch', 'notCanonical', 'badEraInput'])

/** Rebuilds a report from its data. Data that do not fit are a finding, data that nobody has are an error. */
export async function rebuildReport(
  report: PostedReport,
  sources: EraSources,
): Promise<{ checks: Check[]; verified?: VerifiedEra }> {
  try {
    const verified = await verifyDataSet({ report, ...sources })
    return {
      verified,
      checks: [
        { check: 'data', good: true, says: 'every part is what its hash says' },
        { check: 'signatures', good: true, says: 'every batch is signed by its monitor' },
        { check: 'root', good: true, says: 'recomputed, it is the same' },
      ],
    }
  } catch (error) {
    if (!(error instanceof TenderError) || !wrongData.has(error.code)) throw error
    return { checks: [{ check: 'data', good: false, says: error.message }] }
  }
}

/**
 * Compares the facts that a report rests on with the chain's own.
 *
 * @param parts hashes of the facts' parts, as the data set names them
 */
export async function compareFacts(
  market: MarketClient,
  span: EraSpan,
  parts: readonly Hex[],
  signal: AbortSignal,
): Promise<Check> {
  try {
    const { facts } = await readFacts(market, span, signal)
    const good = splitParts(encodeFacts(facts)).map(partHash).join() === parts.join()
    return { check: 'facts', good, says: good ? "are the chain's" : "are not the chain's" }
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    const why = error instanceof Error ? error.message : String(error)
    return { check: 'facts', says: `the chain's endpoint does not have them any more: ${why}` }
  }
}
