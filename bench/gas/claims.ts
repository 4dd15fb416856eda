import { eraReportsAbi, rewardsAbi, stakeTokenAbi } from '@tender/abi'
import { type Leaf, leafHash, type MerkleTree, type Terms } from '@tender/protocol'
import { encodeFunctionData, hexToBytes, keccak256, maxUint256, parseEther, parseEventLogs, toHex } from 'viem'
import type { Scene } from './scenarios.ts'

/** What a report says besides leases: one provider's rewards so far, and one dispute that was upheld. */
export type Claims = { provider: Leaf & { kind: 'provider' }; dispute: Leaf & { kind: 'dispute' } }

const SCORE = 8_000
const STEP = parseEther('0.001')

/** Lets the market pay rewards, and the owner put down bonds. */
export async function allowClaims({ bench, market }: Scene): Promise<void> {
  const { rewards, stakeToken, eraReports } = market.contracts
  const policy = {
    providerBudget: parseEther('1000'),
    feeFactorBps: 10_000,
    idleFactorBps: 1_000,
    mostOfFeesBps: 3_000,
  }
  const set = encodeFunctionData({ abi: rewardsAbi, functionName: 'setPolicy', args: [policy] })
  await bench.send(market.owner, { to: rewards, data: set })
  const approve = encodeFunctionData({ abi: stakeTokenAbi, functionName: 'approve', args: [eraReports, maxUint256] })
  await bench.send(market.owner, { to: stakeToken, data: approve })
}

/** Opens a dispute about an era that is effective, as the owner of the lease's provider. @returns its number, and the gas */
export async function dispute(
  { bench, market }: Scene,
  terms: Terms,
  era: bigint,
): Promise<{ id: bigint; gas: number }> {
  const args = [terms, era, keccak256(toHex('evidence'))] as const
  const receipt = await bench.send(market.owner, {
    to: market.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'openDispute', args }),
  })
  const [opened] = parseEventLogs({ abi: eraReportsAbi, eventName: 'DisputeOpened', logs: receipt.logs })
  if (!opened) throw new Error('no dispute was opened')
  return { id: opened.args.dispute, gas: Number(receipt.gasUsed) }
}

/** The leaves of the `turn`th report, which pays the provider something more than the one before. */
export function claimsOf({ seller }: Scene, turn: number, disputed: bigint): Claims {
  const figures = { score: SCORE, rewards: STEP * BigInt(turn + 1), slashed: 0n }
  return {
    provider: { kind: 'provider', provider: seller.provider, ...figures },
    dispute: { kind: 'dispute', dispute: disputed, upheld: true },
  }
}

/** Writes the two leaves to the end of a tree's hashes. */
export function placeClaims(hashes: Uint8Array, { provider, dispute }: Claims): void {
  const both = [leafHash(dispute), leafHash(provider)].map((hash) => hexToBytes(hash))
  both.forEach((hash, index) => {
    hashes.set(hash, hashes.length - (both.length - index) * hash.length)
  })
}

/** Claims the rewards and resolves the dispute, with their proofs. @returns gas of each */
export async function claim({ bench, market }: Scene, tree: MerkleTree, leaves: number, era: bigint, claims: Claims) {
  const { provider, score, rewards, slashed } = claims.provider
  const paying = [era, provider, score, rewards, slashed, tree.proof(leaves - 1)] as const
  const paid = await bench.send(market.owner, {
    to: market.contracts.rewards,
    data: encodeFunctionData({ abi: rewardsAbi, functionName: 'claimProvider', args: paying }),
  })
  const resolving = [claims.dispute.dispute, true, era, tree.proof(leaves - 2)] as const
  const resolved = await bench.send(market.owner, {
    to: market.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'resolveDispute', args: resolving }),
  })
  return { claim: Number(paid.gasUsed), resolve: Number(resolved.gasUsed) }
}
