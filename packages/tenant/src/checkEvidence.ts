import { askEvidence, evidenceHash, type LeaseEvidence } from '@tender/network/browser'
import { type Hex, zeroHash } from 'viem'
import type { Reach } from './reach.ts'

/**
 * What a provider says of a lease's end, held against the chain.
 *
 * - `matches`: it is what the provider committed to when it ended the lease.
 * - `differs`: it is not, so do not believe it.
 * - `unrecorded`: the chain has no hash of it (its time was over, or the tenant ended it): the provider's word alone.
 */
export type CheckedEvidence = { evidence: LeaseEvidence; verdict: 'matches' | 'differs' | 'unrecorded' }

/** Asks a lease's provider why it ended, and checks the answer. `undefined` if it knows nothing. */
export async function checkEvidence(
  { ask, record }: Pick<Reach, 'ask' | 'record'>,
  recorded: Hex | undefined,
  signal: AbortSignal,
): Promise<CheckedEvidence | undefined> {
  const evidence = await ask((provider, node) => askEvidence(node, provider, { lease: record.leaseId }, signal))
  if (!evidence) return undefined
  if (recorded === undefined || recorded === zeroHash) return { evidence, verdict: 'unrecorded' }
  return { evidence, verdict: evidenceHash(evidence) === recorded ? 'matches' : 'differs' }
}

/** The verdict in words. */
export const verdictWords: Record<CheckedEvidence['verdict'], string> = {
  matches: 'it is what the provider committed to on the chain when it ended the lease',
  differs: 'it is NOT what the provider committed to on the chain: do not believe it',
  unrecorded: "the chain has no hash of it, so this is the provider's word alone",
}
