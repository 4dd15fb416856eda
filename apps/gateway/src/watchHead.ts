import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@tender/kit'
import { type ChainClock, getChainTime, type MarketClient } from '@tender/sdk'

/** The chain's latest block as it was last seen. */
export type Head = {
  /** `undefined` before it was seen for the first time. */
  last(): { block: number; timestamp: number } | undefined
  /** Looks until aborted, through outages of the endpoint. */
  run(signal: AbortSignal): Promise<void>
}

/** Seconds of lag are told apart, not less; more would only load the endpoint. */
const EVERY_MS = 1_000

/** Watches how far the chain is, whatever the database knows of it, and keeps the clock. */
export function watchHead(client: MarketClient, clock: ChainClock, log: Logger): Head {
  let last: { block: number; timestamp: number } | undefined
  return {
    last: () => last,
    async run(signal) {
      while (!signal.aborted) {
        try {
          const { block, timestamp } = await getChainTime(client)
          clock.tick(timestamp, last !== undefined && block > last.block)
          last = { block, timestamp }
        } catch (error) {
          if (!signal.aborted) log.debug({ error }, "the chain's head cannot be seen")
        }
        await sleep(Math.max(EVERY_MS, client.pollingIntervalMs), undefined, { signal }).catch(() => {}) // aborted
      }
    },
  }
}
