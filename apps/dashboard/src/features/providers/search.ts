import type { ProviderState } from '@tender/api'

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

export type ProvidersSearch = { country?: string; level?: number; class?: string; state?: ProviderState }

const states: readonly string[] = ['active', 'draining', 'paused', 'banned'] satisfies ProviderState[]

/** Reads which providers are wanted; what makes no sense is dropped. */
export function parseProvidersSearch(search: Record<string, unknown>): ProvidersSearch {
  const { country, level, class: name, state } = search
  return {
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country) && { country }),
    ...(typeof level === 'number' && level >= 1 && level <= 4 && { level: Math.floor(level) }),
    ...(typeof name === 'string' && /^[a-z0-9][a-z0-9.-]{0,31}$/.test(name) && { class: name }),
    // CAST: one of the list
    ...(typeof state === 'string' && states.includes(state) && { state: state as ProviderState }),
  }
}
