import type { Hex } from 'viem'

/** What an effective report says, and the Merkle proof that it says so. Figures are cumulative. */
export type Proven<Figures> = Figures & {
  era: bigint
  proof: readonly Hex[]
}

/** What a report says of a provider. */
export type ProvenProvider = Proven<{
  /** 0 to 10,000. */
  score: number
  /** Stake tokens, smallest units. */
  rewards: bigint
  /** Stake tokens, smallest units. */
  slashed: bigint
}>
