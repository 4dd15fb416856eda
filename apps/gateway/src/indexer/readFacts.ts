import { failureClass } from '@tender/protocol'
import { findReportSignatures, getAsset, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import type { StepFacts, TimedEvent } from './step.ts'

/** Reads what events do not say of themselves. */
export async function readFacts(client: MarketClient, events: readonly TimedEvent[]): Promise<StepFacts> {
  const assets = new Map<Hex, { symbol: string; decimals: number } | undefined>()
  const signatures = new Map<Hex, ReadonlyMap<number, Hex>>()
  const slashes = new Map<bigint, Extract<TimedEvent, { type: 'Slashed' }>>()
  for (const event of events) {
    if (event.type === 'AssetChanged' || event.type === 'RateChanged') {
      const { asset } = event.args
      // A token that does not say what it is called has no name here; one that cannot be asked now is asked again.
      assets.set(asset, await getAsset(client, { asset }).catch(refused))
    }
    if (event.type === 'ReportPosted') {
      const found = await findReportSignatures(client, { transaction: event.transaction })
      signatures.set(event.transaction, new Map(found.map(({ index, signature }) => [index, signature])))
    }
    if (event.type === 'Slashed' && event.args.request !== 0n) slashes.set(event.args.request, event)
  }
  return { assets, signatures, slashes }
}

function refused(error: unknown): undefined {
  if (failureClass(error) === 'network') throw error
  return undefined
}
