/** Survivors that no test has to notice. */
export type AcceptedMutant = {
  file: string
  reason: string
  /** Each as `npm run mutate` tells it: `operator: before → after`. One that does not survive any more is told. */
  mutants: readonly string[]
}

/** Changes that were looked at and found to make no difference that matters, with the reason. */
export const acceptedMutants: readonly AcceptedMutant[] = []
