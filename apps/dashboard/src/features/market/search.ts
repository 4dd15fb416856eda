export type MarketSearch = {
  /** Resource class that is looked at; absent: the first. */
  class?: string
}

/** Reads the address of the market; what makes no sense is dropped. */
export function parseMarketSearch(search: Record<string, unknown>): MarketSearch {
  const name = String(search.class ?? '')
  return /^[a-z0-9][a-z0-9.-]{0,65}$/.test(name) ? { class: name } : {}
}
