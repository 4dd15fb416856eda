import type { LeaseEra } from '@tender/api'

/** What one report added. Seconds. */
export type ServedInEra = { era: number; seconds: number; total: number }

/** Reports say what was served in all; what each added, the oldest first. The first that is known counts as a whole. */
export function servedPerEra(eras: readonly LeaseEra[]): ServedInEra[] {
  let before = 0
  return eras
    .toSorted((a, b) => a.era - b.era)
    .map(({ era, served }) => {
      const seconds = Math.max(0, served - before)
      before = served
      return { era, seconds, total: served }
    })
}
