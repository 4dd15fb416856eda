import fc from 'fast-check'
import { concatHex, type Hex, keccak256, toHex } from 'viem'
import { expect, test } from 'vitest'
import { joinProofs, proofRoot } from './joinProofs.ts'
import { buildTree, type Multiproof } from './tree.ts'

// OpenZeppelin's MerkleProof.processMultiProof, word for word.
const pairHash = (a: Hex, b: Hex): Hex => keccak256(concatHex(a < b ? [a, b] : [b, a]))

function processMultiproof({ proof, flags }: Multiproof, leaves: readonly Hex[]): Hex | undefined {
  if (leaves.length + proof.length !== flags.length + 1) return undefined
  const hashes: Hex[] = []
  const [known, rest] = [[...leaves], [...proof]]
  let taken = 0
  const next = (): Hex => known.shift() ?? hashes[taken++] ?? '0x'
  for (const flag of flags) {
    const a = next()
    hashes.push(pairHash(a, flag ? next() : (rest.shift() ?? '0x')))
  }
  return hashes.at(-1) ?? known[0] ?? rest[0]
}

const treeOf = (size: number) => {
  const hashes = Array.from({ length: size }, (_, index) => keccak256(toHex(index, { size: 4 })))
  const tree = buildTree(hashes)
  const proven = (index: number) => ({ hash: tree.leaf(index), proof: tree.proof(index) })
  return { tree, proven }
}

test('joined proofs prove the same leaves as the proof of who has the tree, and are no longer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 130 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
      (size, picks) => {
        const { tree, proven } = treeOf(size)
        const indices = picks.map((pick) => pick % size)
        const joined = joinProofs(indices.map(proven))
        const leaves = joined.order.map((at) => tree.leaf(indices[at] ?? 0))
        expect(new Set(leaves)).toEqual(new Set(indices.map(tree.leaf)))
        expect(leaves).toHaveLength(new Set(indices).size)
        expect(processMultiproof(joined, leaves)).toBe(tree.root)
        expect(joined.proof).toHaveLength(tree.multiproof(indices).proof.length)
      },
    ),
    { numRuns: 500 },
  )
})

test('all leaves of a tree need no proof, one needs its own, none prove nothing', () => {
  const { tree, proven } = treeOf(100)
  expect(joinProofs(Array.from({ length: 100 }, (_, index) => proven(index))).proof).toEqual([])
  expect(joinProofs([proven(7)])).toEqual({ proof: tree.proof(7), flags: tree.proof(7).map(() => false), order: [0] })
  expect(joinProofs([])).toEqual({ proof: [], flags: [], order: [] })
})

test('a proof leads to its root, and a wrong one elsewhere', () => {
  const { tree, proven } = treeOf(33)
  for (const index of [0, 16, 32]) {
    const { hash, proof } = proven(index)
    expect(proofRoot(hash, proof)).toBe(tree.root)
    expect(proofRoot(keccak256(hash), proof)).not.toBe(tree.root)
    expect(proofRoot(hash, proof.slice(1))).not.toBe(tree.root)
  }
})
