import { setTimeout as sleep } from 'node:timers/promises'
import { localChainId } from '@tender/localchain'
import { TenderError } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { fetchWorkload } from './fetchWorkload.ts'

/** A relay looks the lease up on the chain, and is told of new ones twice a second. */
const RELAY_LEARNS_MS = 5_000
const ASK_AGAIN_MS = 200

/**
 * What the URLs of a market's leases answer with. A provider elsewhere may have named any: one that is not public is not asked. A
 * relay learns of a lease a moment after its provider, and knows no such host until then: that answer is not taken at once.
 */
export function visitor({ book }: Pick<MarketClient, 'book'>) {
  return async (url: string, signal: AbortSignal): Promise<number | undefined> => {
    const untilMs = performance.now() + RELAY_LEARNS_MS
    try {
      for (;;) {
        const { status } = await fetchWorkload(url, signal, { publicOnly: book.chainId !== localChainId })
        if (status !== 404 || performance.now() >= untilMs) return status
        await sleep(ASK_AGAIN_MS, undefined, { signal })
      }
    } catch (error) {
      if (!(error instanceof TenderError) || error.code !== 'privateAddress') throw error
    }
  }
}
