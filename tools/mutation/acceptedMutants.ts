/** Survivors that no test has to notice. */
export type AcceptedMutant = {
  file: string
  reason: string
  /** `operator: before → after`, one for each that survives. One that does not survive any more is told. */
  mutants: readonly string[]
}

/** Changes that were looked at and found to make no difference that matters, with the reason. */
export const acceptedMutants: readonly AcceptedMutant[] = [
  {
    file: 'packages/protocol/src/money.ts',
    reason: 'The pattern has a symbol whenever it has a number; the question is there for the type.',
    mutants: ['ConditionalExpression: symbol === undefined → false'],
  },
  {
    file: 'packages/protocol/src/decimal.ts',
    reason: 'The same at the bound: a number times or divided by one, and nothing taken from zero.',
    mutants: ['EqualityOperator: decimals >= scale → decimals > scale', 'EqualityOperator: value < 0n → value <= 0n'],
  },
  {
    file: 'packages/protocol/src/rank.ts',
    reason: 'Equal scores were told apart before.',
    mutants: ['EqualityOperator: a.score < b.score → a.score <= b.score'],
  },
]
