import { eraReportsAbi } from '@tender/abi'
import { failureClass } from '@tender/protocol'
import { getAsset, type MarketClient } from '@tender/sdk'
import { decodeFunctionData, type Hex, isAddressEqual } from 'viem'
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
    if (event.type === 'ReportPosted') signatures.set(event.transaction, await signaturesOf(client, event.transaction))
    if (event.type === 'Slashed' && event.args.request !== 0n) slashes.set(event.args.request, event)
  }
  return { assets, signatures, slashes }
}

function refused(error: unknown): undefined {
  if (failureClass(error) === 'network') throw error
  return undefined
}

/** Signatures that stand openly in the transaction's data, by monitors' indices. Another contract may have passed them on unseen. */
async function signaturesOf({ rpc, book }: MarketClient, hash: Hex): Promise<ReadonlyMap<number, Hex>> {
  const { to, input } = await rpc.getTransaction({ hash })
  if (to === null || !isAddressEqual(to, book.contracts.eraReports)) return new Map()
  try {
    const { functionName, args } = decodeFunctionData({ abi: eraReportsAbi, data: input })
    if (functionName !== 'postReport') return new Map()
    const [, signers, signatures] = args
    return new Map(signers.flatMap((index, i) => (signatures[i] === undefined ? [] : [[index, signatures[i]]])))
  } catch {
    return new Map() // data that is none of this contract's calls: a fallback of a later version
  }
}
