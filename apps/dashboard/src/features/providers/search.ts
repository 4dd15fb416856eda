/** Most providers that fit side by side. */
export const MOST_COMPARED = 4

export type CompareSearch = {
  /** Providers' numbers, apart by commas; absent: none chosen. */
  ids?: string
}

/** Reads the address of the comparison; what makes no sense is dropped. */
export function parseCompareSearch(search: Record<string, unknown>): CompareSearch {
  const ids = readIds(String(search.ids ?? ''))
  return ids.length > 0 ? { ids: ids.join(',') } : {}
}

/** The numbers in a comparison's address, each once. */
export function readIds(text: string): string[] {
  const ids = text.split(',').filter((id) => /^[1-9]\d{0,19}$/.test(id))
  return [...new Set(ids)].slice(0, MOST_COMPARED)
}
