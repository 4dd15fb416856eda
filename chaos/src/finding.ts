/** Something that is not as it has to be. */
export type Finding = {
  /** What was checked, e.g. `escrowConservation`. */
  readonly check: string
  /** In one sentence, with ids and amounts. */
  readonly message: string
  /** What it was found from, for who looks into it. */
  readonly data?: Readonly<Record<string, unknown>>
}
