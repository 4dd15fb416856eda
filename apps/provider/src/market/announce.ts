import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@tender/kit'
import type { NetworkNode } from '@tender/network'
import { type Availability, marketDomain, resourceId, typedData } from '@tender/protocol'
import type { Hex, LocalAccount } from 'viem'
import type { Capacity, Sale } from './bidder.ts'
import { priceFor } from './pricing.ts'

/** What is announced lapses if it is not announced again: twice this long. */
const EVERY_SECONDS = 60

export type AnnounceOptions = {
  node: NetworkNode
  account: LocalAccount
  provider: bigint
  /** See `countryId`. */
  country(signal: AbortSignal): Promise<Hex>
  drivers: readonly string[]
  sales: ReadonlyMap<string, Sale>
  capacity(resource: Hex, signal: AbortSignal): Promise<Capacity>
  nowSeconds(): number
  log: Logger
}

/** Tells the market what is free here, now and then, until aborted. */
export async function announce(options: AnnounceOptions, signal: AbortSignal): Promise<void> {
  const { node, account, log } = options
  while (!signal.aborted) {
    try {
      await node.availability.ready({ signal })
      const availability = await availabilityOf(options, signal)
      const signature = await account.signTypedData(typedData(marketDomain(node.market), 'Availability', availability))
      await node.availability.publish({ availability, signature }, signal)
    } catch (error) {
      if (!signal.aborted) log.debug({ error }, 'availability could not be announced')
    }
    await sleep(EVERY_SECONDS * 1000, undefined, { signal }).catch(() => {}) // aborted: the loop ends
  }
}

async function availabilityOf(options: AnnounceOptions, signal: AbortSignal): Promise<Availability> {
  const { provider, country, drivers, sales, capacity, nowSeconds } = options
  const resources = await Promise.all(
    [...sales].map(async ([name, sale]) => {
      const resource = resourceId(name)
      const owned = await capacity(resource, signal)
      return {
        resource,
        freeUnits: owned.committedUnits - owned.leasedUnits,
        tier: sale.tier,
        asset: sale.asset,
        indicativePrice: priceFor(sale.pricing, owned),
      }
    }),
  )
  const issuedAt = nowSeconds()
  return {
    provider,
    issuedAt,
    expiry: issuedAt + 2 * EVERY_SECONDS,
    country: await country(signal),
    drivers,
    resources,
  }
}
