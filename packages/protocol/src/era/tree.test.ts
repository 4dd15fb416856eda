import fc from 'fast-check'
import { concatHex, encodeAbiParameters, type Hex, keccak256, parseAbiParameters } from 'viem'
import { expect, test } from 'vitest'
import { leafHash, leafHashes } from './leaf.ts'
import { buildTree, EMPTY_ROOT, leafTree, type Multiproof } from './tree.ts'
import type { Leaf } from './types.ts'

const id: Hex = `0x${'ab'.repeat(32)}`
const account: Hex = `0x${'c1'.repeat(20)}`
const asset: Hex = `0x${'05'.repeat(20)}`
const large = 2n ** 200n + 12_345n

const leaves: readonly [Leaf, Hex][] = [
  [
    { kind: 'lease', lease: id, served: 2 ** 40 - 1 },
    encodeAbiParameters(parseAbiParameters('uint8, bytes32, uint40'), [1, id, 2 ** 40 - 1]),
  ],
  [
    { kind: 'credit', lease: id, provider: 7n, tenant: account, amount: large },
    encodeAbiParameters(parseAbiParameters('uint8, bytes32, uint64, address, uint256'), [2, id, 7n, account, large]),
  ],
  [
    { kind: 'provider', provider: 2n ** 64n - 1n, score: 10_000, rewards: large, slashed: 1n },
    encodeAbiParameters(parseAbiParameters('uint8, uint64, uint16, uint256, uint256'), [
      ...[3, 2n ** 64n - 1n, 10_000, large, 1n],
    ] as const),
  ],
  [
    { kind: 'monitor', monitor: account, asset, rewards: 5n },
    encodeAbiParameters(parseAbiParameters('uint8, address, address, uint256'), [4, account, asset, 5n]),
  ],
  [
    { kind: 'monitorSlash', monitor: account, slashed: large },
    encodeAbiParameters(parseAbiParameters('uint8, address, uint256'), [5, account, large]),
  ],
  [
    { kind: 'dispute', dispute: 9n, upheld: true },
    encodeAbiParameters(parseAbiParameters('uint8, uint64, bool'), [6, 9n, true]),
  ],
]

test.each(leaves)('hashes a leaf as Solidity encodes it: %o', (leaf, encoded) => {
  expect(leafHash(leaf)).toBe(keccak256(keccak256(encoded)))
})

test('a leaf of nothing does not inherit from the one before', () => {
  const hashes = leaves.map(([leaf]) => leafHash(leaf))
  const all = leafHashes(leaves.toReversed().map(([leaf]) => leaf))
  expect(leafTree(leaves.map(([leaf]) => leaf)).root).toBe(buildTree(hashes).root)
  expect(buildTree(all).leaf(0)).toBe(hashes.at(-1))
})

// OpenZeppelin's MerkleProof.processProof and processMultiProof, word for word.
const pairHash = (a: Hex, b: Hex): Hex => keccak256(concatHex(a < b ? [a, b] : [b, a]))

function processMultiproof({ proof, flags, order }: Multiproof, hashOf: (index: number) => Hex): Hex | undefined {
  const known = order.map(hashOf)
  if (known.length + proof.length !== flags.length + 1) return undefined
  const hashes: Hex[] = []
  const rest = [...proof]
  const next = (): Hex => known.shift() ?? hashes[taken++] ?? '0x'
  let taken = 0
  for (const flag of flags) {
    const a = next()
    hashes.push(pairHash(a, flag ? next() : (rest.shift() ?? '0x')))
  }
  return hashes.at(-1) ?? known[0] ?? rest[0]
}

test('every leaf and every set of leaves is proved, and by nothing else', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => keccak256(bytes))
  fc.assert(
    fc.property(fc.array(bytes32, { minLength: 1, maxLength: 70 }), fc.array(fc.nat()), (hashes, picks) => {
      const tree = buildTree(hashes)
      const hashOf = (index: number): Hex => hashes[index] ?? '0x'
      hashes.forEach((hash, index) => {
        expect(tree.proof(index).reduce(pairHash, hash)).toBe(tree.root)
      })
      const indices = picks.map((pick) => pick % hashes.length)
      const multiproof = tree.multiproof(indices)
      expect([...multiproof.order].sort((a, b) => a - b)).toEqual([...new Set(indices)].sort((a, b) => a - b))
      expect(processMultiproof(multiproof, hashOf)).toBe(tree.root)
      if (indices.length > 0) expect(processMultiproof(multiproof, () => keccak256('0x'))).not.toBe(tree.root)
    }),
  )
})

test('neighbours share their proof', () => {
  const tree = buildTree(
    Array.from({ length: 10_000 }, (_, index) => keccak256(`0x${index.toString(16).padStart(8, '0')}`)),
  )
  const range = Array.from({ length: 100 }, (_, index) => 4_321 + index)
  expect(tree.multiproof(range).proof.length).toBeLessThanOrEqual(2 * 14)
  expect(tree.proof(0).length).toBeLessThanOrEqual(14)
})

test('no leaves have a root too, and a tree says which leaves it does not have', () => {
  expect(buildTree([]).root).toBe(EMPTY_ROOT)
  expect(EMPTY_ROOT).toBe(keccak256('0x'))
  for (const index of [1, -1, 0.5]) {
    const none = expect.objectContaining({ code: 'noSuchLeaf', data: { index, size: 1 } })
    expect(() => buildTree([id]).proof(index)).toThrow(none)
  }
  expect(() => buildTree(new Uint8Array(33))).toThrow(RangeError)
  expect(buildTree([id])).toMatchObject({ root: id, size: 1 })
})
