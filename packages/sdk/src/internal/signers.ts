import type { Hex } from 'viem'

/** One monitor's signature, with its index as `getMonitors` tells it. */
export type MonitorSignature = { index: number; signature: Hex }

/** Signatures as the contract takes them: by rising index. */
export function signersOf(signatures: readonly MonitorSignature[]): { signers: number[]; signatures: Hex[] } {
  const sorted = [...signatures].sort((a, b) => a.index - b.index)
  return { signers: sorted.map(({ index }) => index), signatures: sorted.map(({ signature }) => signature) }
}
