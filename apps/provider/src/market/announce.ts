import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@tender/kit'
import type { NetworkNode } from '@tender/network'
import { type Availability, resourceId } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Quotes } from './quotes.ts'
import type { Capacity, Sales } from './sale.ts'

/** What is announced lapses if it is not announced again: twice this long. */
const EVERY_SECONDS = 60
/** The first time; doubles with each until that: who starts at about the same time, such as a monitor, must not wait a minute. */
const FIRST_SECONDS = 3

export type AnnounceOptions = {
  node: NetworkNode
  provider: bigint
  /** See `countryId`. */
  country(signal: AbortSignal): Promise<Hex>
  drivers: readonly string[]
  sales: Sales
  quotes: Pick<Quotes, 'indicative'>
  capacity(resource: Hex, signal: AbortSignal): Promise<Capacity>
  nowSeconds(): number
  log: Logger
}

/** Tells the market what is free here, now and then, until aborted. */
export async function announce(options: AnnounceOptions, signal: AbortSignal): Promise<void> {
  const { node, log } = options
  for (let waitSeconds = FIRST_SECONDS; !signal.aborted; waitSeconds = Math.min(2 * waitSeconds, EVERY_SECONDS)) {
    try {
      await node.availability.ready({ signal })
      const availability = await availabilityOf(options, signal)
      await node.availability.publish({ availability }, signal)
    } catch (error) {
      if (!signal.aborted) log.debug({ error }, 'availability could not be announced')
    }
    await sleep(waitSeconds * 1000, undefined, { signal }).catch(() => {}) // aborted: the loop ends
  }
}

async function availabilityOf(options: AnnounceOptions, signal: AbortSignal): Promise<Availability> {
  const { provider, country, drivers, sales, quotes, capacity, nowSeconds } = options
  const resources = await Promise.all(
    [...sales].map(async ([name, tiersSold]) => {
      const resource = resourceId(name)
      const owned = await capacity(resource, signal)
      const freeUnits = owned.committedUnits - owned.leasedUnits
      const offered = tiersSold.map(async (sale) => {
        const indicativePrice = await quotes.indicative(sale, name, owned, signal)
        return { resource, freeUnits, tier: sale.tier, asset: sale.asset, indicativePrice }
      })
      return Promise.all(offered)
    }),
  )
  const issuedAt = nowSeconds()
  return {
    provider,
    issuedAt,
    expiry: issuedAt + 2 * EVERY_SECONDS,
    country: await country(signal),
    drivers,
    resources: resources.flat(),
  }
}
