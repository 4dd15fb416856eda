import type { Provider, ProviderPrice, ScoreInputs } from '@tender/api'

/** The five inputs of a score, as docs/reputation.md names them; `part` is their part of the score, per cent. */
export const scoreInputs: readonly { key: keyof ScoreInputs; name: string; part: number; meaning: string }[] = [
  { key: 'uptimeBps', name: 'Uptime', part: 35, meaning: 'How much of the time its leases were up, by price.' },
  { key: 'performanceBps', name: 'Performance', part: 25, meaning: 'How far it kept the uptime that it promised.' },
  { key: 'completedBps', name: 'Completed', part: 15, meaning: 'Of the leases that ended, how many ended well.' },
  { key: 'ratingBps', name: 'Ratings', part: 15, meaning: 'Stars of tenants, by what was earned from them.' },
  { key: 'consistencyBps', name: 'Consistency', part: 10, meaning: 'How alike its last sixteen eras are.' },
]

/** Scores from which a level is reached. */
export const levelScores: readonly { level: number; from: number }[] = [
  { level: 1, from: 9_000 },
  { level: 2, from: 8_000 },
  { level: 3, from: 6_500 },
  { level: 4, from: 4_000 },
]

/** Units committed and leased, of all classes or of one. */
export function unitsOf(provider: Provider, name?: string): { committed: number; leased: number } {
  const wanted = provider.capacity.filter((capacity) => name === undefined || capacity.class === name)
  return {
    committed: wanted.reduce((sum, { committed }) => sum + committed, 0),
    leased: wanted.reduce((sum, { leased }) => sum + leased, 0),
  }
}

/** What a provider asks for a unit of a class now, or else was last paid; undefined if nobody knows. */
export function priceOf(provider: Provider, name: string): ProviderPrice | undefined {
  const prices = provider.prices.filter((price) => price.class === name)
  return prices.find(({ source }) => source === 'availability') ?? prices.toSorted((a, b) => b.at - a.at)[0]
}

/** How many providers each country has, most first. */
export function byCountry(providers: readonly Provider[]): { country: string; providers: number }[] {
  const counts = Map.groupBy(providers, (provider) => provider.country)
  return [...counts]
    .map(([country, list]) => ({ country, providers: list.length }))
    .sort((a, b) => b.providers - a.providers || a.country.localeCompare(b.country))
}
