const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

/** A country's name in English; what is no ISO 3166-1 code comes back as it is. */
export function countryName(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code || 'unknown'
  return names.of(code) ?? code
}
