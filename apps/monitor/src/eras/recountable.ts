import type { EraDispute, EraFacts } from '@tender/protocol'

/** Older eras are not computed again: their data may be gone everywhere. Monitors keep theirs for longer. */
export const MOST_RECOUNT_AGE = 16n
/** In one report: each earlier era is read whole, and all of its batches are part of the proposal. */
const MOST_ERAS = 4
/** In one report; a data set holds no more. */
const MOST_DISPUTES = 64

/**
 * The disputes that a report recounts, sorted: the first that came, as many as can be, so that no number of disputes keeps a report
 * from being made. Who is left out gets the bond back by `expireDispute`.
 */
export function recountable({ era, disputes }: Pick<EraFacts, 'era' | 'disputes'>): EraDispute[] {
  const eras = new Set<bigint>()
  const taken: EraDispute[] = []
  for (const dispute of disputes) {
    if (taken.length === MOST_DISPUTES) break
    if (dispute.era >= era || dispute.era + MOST_RECOUNT_AGE < era) continue
    if (!eras.has(dispute.era) && eras.size === MOST_ERAS) continue
    eras.add(dispute.era)
    taken.push(dispute)
  }
  return taken
}

/** The earlier eras that they are about, rising. */
export function recountedEras(facts: Pick<EraFacts, 'era' | 'disputes'>): bigint[] {
  return [...new Set(recountable(facts).map(({ era }) => era))].sort((left, right) => (left < right ? -1 : 1))
}
