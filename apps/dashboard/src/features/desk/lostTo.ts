import type { Match, ProviderDetail } from '@tender/api'

/** A match that another provider won. `own`: what this provider announces, smallest units per unit per hour. */
export type Lost = { match: Match; own: bigint | undefined; words: string }

/** Matches of others in the classes that a provider sells, and what its own announced price says about them. Pure. */
export function lostTo(
  provider: Pick<ProviderDetail, 'id' | 'capacity' | 'prices'>,
  matches: readonly Match[],
): Lost[] {
  const classes = new Set(provider.capacity.map(({ class: name }) => name))
  return matches
    .filter((match) => match.provider !== provider.id && classes.has(match.class))
    .map((match) => {
      const own = provider.prices.find(
        (price) => price.source === 'availability' && price.class === match.class && price.asset === match.asset,
      )?.price
      return { match, own, words: wordsFor(own, match.price) }
    })
}

function wordsFor(own: bigint | undefined, won: bigint): string {
  if (own === undefined) return 'you announce no price for it'
  if (own > won) return 'you ask more'
  return own === won ? 'you ask the same: level or time decided' : 'you ask less: level, terms or free units decided'
}
