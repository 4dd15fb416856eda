import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeAbiParameters, type Hex, keccak256, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { leafTree } from './tree.ts'
import type { Leaf } from './types.ts'

/** Where OpenZeppelin's MerkleProof checks the very bytes that are compared here. */
const SOLIDITY = join(import.meta.dirname, '../../../../contracts/test/reference/MerkleVectors.t.sol')

/** The leaves that the Solidity test makes for itself, two of every kind and one more. */
const leaves = Array.from({ length: 13 }, (_, index) => leafAt(index))
const subsets = [[0], [2, 3, 4, 5], [0, 12], [1, 4, 7, 10], leaves.map((_, index) => index)]

function leafAt(index: number): Leaf {
  const id = keccak256(numberToHex(index, { size: 32 }))
  const account: Hex = `0x${id.slice(26)}`
  const amount = BigInt(id) >> 100n
  const number = BigInt(id) >> 192n
  const all: readonly Leaf[] = [
    { kind: 'lease', lease: id, served: Number(BigInt(id) >> 216n) },
    { kind: 'credit', lease: id, provider: number, tenant: account, amount },
    { kind: 'provider', provider: number, score: 1_000 * index, rewards: amount, slashed: amount / 2n },
    { kind: 'monitor', monitor: account, asset: account, rewards: amount },
    { kind: 'monitorSlash', monitor: account, slashed: amount },
    { kind: 'dispute', dispute: number, upheld: index < 6 },
  ]
  return all[index % all.length] ?? { kind: 'lease', lease: id, served: 0 }
}

test('proofs are those that OpenZeppelin’s MerkleProof was tested with', () => {
  const tree = leafTree(leaves)
  const encoded = encodeAbiParameters(
    [
      { type: 'bytes32' },
      { type: 'bytes32[][]' },
      {
        type: 'tuple[]',
        components: [
          { name: 'proof', type: 'bytes32[]' },
          { name: 'flags', type: 'bool[]' },
          { name: 'order', type: 'uint256[]' },
        ],
      },
    ],
    [
      tree.root,
      leaves.map((_, index) => tree.proof(index)),
      subsets.map((indices) => {
        const { proof, flags, order } = tree.multiproof(indices)
        return { proof, flags, order: order.map(BigInt) }
      }),
    ],
  )
  const written = [...readFileSync(SOLIDITY, 'utf8').matchAll(/hex"([0-9a-f]+)"/g)].map(([, digits]) => digits).join('')
  expect(`0x${written}`).toBe(encoded)
})
