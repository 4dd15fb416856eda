export type EraSearch = {
  /** Lease whose leaf is to be proven. */
  lease?: string
  /** Provider whose leaf is to be proven, if no lease is named. */
  provider?: string
}

/** Reads which leaf of an era is to be proven; what makes no sense is dropped. */
export function parseEraSearch(search: Record<string, unknown>): EraSearch {
  const { lease, provider } = search
  if (typeof lease === 'string' && /^0x[0-9a-f]{64}$/i.test(lease)) return { lease: lease.toLowerCase() }
  const id = String(provider ?? '')
  return /^[1-9]\d{0,19}$/.test(id) ? { provider: id } : {}
}
