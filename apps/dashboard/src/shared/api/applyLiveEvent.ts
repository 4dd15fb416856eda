import type { InfiniteData, Query, QueryClient, QueryKey } from '@tanstack/react-query'
import type { Block, Lease, LiveEvent, Market, Match, Order } from '@tender/api'
import { keys } from './keys.ts'

/** A list as TanStack Query keeps it, page by page. */
export type Pages<Item> = InfiniteData<{ items: Item[]; next: string | null }, unknown>

/**
 * Brings what the page already read up to a live event: rows appear and change at once, without a request. What a change makes
 * stale and the event does not contain (prices, depth, sums) is returned, to be read again.
 *
 * @returns keys to invalidate
 */
export function applyLiveEvent(client: QueryClient, event: LiveEvent): QueryKey[] {
  switch (event.topic) {
    case 'block':
      client.setQueryData(keys.market(), (market: Market | undefined) => marketAt(market, event.data))
      return []
    case 'match':
      return [
        ...patchLists(client, 'matches', event.data, matchFits, (match) => match.lease),
        keys.classes(),
        ['depth', event.data.class],
        ['candles', event.data.class],
        keys.provider(event.data.provider),
      ]
    case 'lease':
      return [
        ...patchLists(client, 'leases', event.data, leaseFits, (lease) => lease.id),
        keys.lease(event.data.id),
        keys.account(event.data.tenant),
        keys.classes(),
      ]
    case 'job':
      return [keys.job(event.data.lease), ['leases']]
    case 'order':
      client.setQueryData(keys.order(event.data.hash), event.data)
      return [
        ...patchLists(client, 'orders', event.data, orderFits, (order) => order.hash),
        ['depth', event.data.class],
      ]
    case 'provider':
      return [['providers'], keys.provider(event.data.id), keys.classes(), ['depth']]
    case 'era':
      client.setQueryData(keys.era(event.data.era), event.data)
      return [keys.eras(), keys.monitors(), ['providers'], ['provider'], ['leases'], ['lease']]
    case 'reset':
      return [EVERYTHING]
  }
}

/**
 * Reads again, now that the stream is open, what failed while it was not. Who heard no event before is not told what it missed either,
 * and reads all again that was read by now.
 */
export async function catchUp(client: QueryClient, heard: boolean): Promise<void> {
  const predicate = ({ state }: Query) => !heard || state.status === 'error'
  await client.invalidateQueries({ predicate }, { cancelRefetch: false })
}

function marketAt(market: Market | undefined, block: Block): Market | undefined {
  if (!market) return undefined
  const { number, hash, timestamp } = block
  // While the gateway catches up, the chain's head is far ahead of what it has read.
  const head = market.head && market.head.block > number ? market.head : { block: number, timestamp }
  return { ...market, indexed: { block: number, hash, timestamp }, head }
}

/** Begins every key. */
const EVERYTHING: QueryKey = []

type KeyFilter = Record<string, unknown>

function matchFits(match: Pick<Match, 'class' | 'provider' | 'tenant'>, filter: KeyFilter): boolean {
  return fits(match.class, filter.class) && fits(match.provider, filter.provider) && fits(match.tenant, filter.tenant)
}

function leaseFits(lease: Lease, filter: KeyFilter): boolean {
  return matchFits(lease, filter) && fits(lease.state, filter.state)
}

function orderFits(order: Order, filter: KeyFilter): boolean {
  return fits(order.class, filter.class) && fits(order.tenant, filter.tenant) && fits(order.state, filter.state)
}

function fits(value: string, wanted: unknown): boolean {
  return wanted === undefined || String(wanted).toLowerCase() === value.toLowerCase()
}

/** @returns lists that are being read just now: what comes may be from before the item, and would replace it */
function patchLists<Item>(
  client: QueryClient,
  name: string,
  item: Item,
  fitsInto: (item: Item, filter: KeyFilter) => boolean,
  idOf: (item: Item) => string,
): QueryKey[] {
  const reading = client.getQueryCache().findAll({ queryKey: [name], fetchStatus: 'fetching' })
  for (const [key, pages] of client.getQueriesData<Pages<Item>>({ queryKey: [name] })) {
    if (!pages) continue
    // CAST: the second part of a list's key is its filter, see `keys`
    const wanted = fitsInto(item, (key[1] ?? {}) as KeyFilter)
    client.setQueryData(key, wanted ? withItem(pages, item, idOf) : withoutItem(pages, idOf(item), idOf))
  }
  return reading.map(({ queryKey }) => queryKey)
}

/** The list with the item: in place of its older self, else at the top. */
export function withItem<Item>(pages: Pages<Item>, item: Item, idOf: (item: Item) => string): Pages<Item> {
  const id = idOf(item)
  const known = pages.pages.some((page) => page.items.some((one) => idOf(one) === id))
  const updated = pages.pages.map((page, index) => {
    if (known) return { ...page, items: page.items.map((one) => (idOf(one) === id ? item : one)) }
    return index === 0 ? { ...page, items: [item, ...page.items] } : page
  })
  return { ...pages, pages: updated }
}

/** The list without what no longer belongs there. */
export function withoutItem<Item>(pages: Pages<Item>, id: string, idOf: (item: Item) => string): Pages<Item> {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, items: page.items.filter((one) => idOf(one) !== id) })),
  }
}
