import type { LeaseProof, ProviderProof } from '@tender/api'
import { keccak, type Leaf, leafHash, proofRoot } from '@tender/protocol'
import { bytesToHex, concat, hexToBytes } from 'viem/utils'

type Hex = `0x${string}`

/** One pair that is hashed on the way to the root. */
export type ProofStep = {
  /** What the way so far comes to. */
  own: Hex
  /** What the gateway gave beside it. */
  sibling: Hex
  /** The lesser of both is hashed first. */
  ownFirst: boolean
  result: Hex
}

/** A proof, worked out here. Nothing in it is taken from the gateway but the leaf's values and the siblings. */
export type WorkedProof = {
  /** `keccak256(keccak256(abi.encode(...)))` of the leaf's values. */
  leaf: Hex
  steps: readonly ProofStep[]
  /** Where the steps lead. */
  root: Hex
}

/** The leaf of a proof as the protocol has it. */
export function leafOf({ leaf }: LeaseProof | ProviderProof): Leaf {
  return leaf.kind === 'lease' ? leaf : { ...leaf, provider: BigInt(leaf.provider) }
}

/**
 * Hashes a leaf's values and everything up to the root, step by step.
 *
 * @example
 * const { root } = workProof({ kind: 'lease', lease, served: 86_400 }, proof)
 * root === report.root // the report says so
 */
export function workProof(values: Leaf, proof: readonly Hex[]): WorkedProof {
  const leaf = leafHash(values)
  const steps: ProofStep[] = []
  let own = leaf
  for (const sibling of proof) {
    const ownFirst = own <= sibling
    const pair = concat(ownFirst ? [own, sibling] : [sibling, own])
    const result = bytesToHex(keccak(hexToBytes(pair)))
    steps.push({ own, sibling, ownFirst, result })
    own = result
  }
  // The steps are for people; what decides is what every monitor uses.
  return { leaf, steps, root: proofRoot(leaf, proof) }
}
