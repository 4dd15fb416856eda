import { type Leaf, leafTree } from '@tender/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { workProof } from './verifyProof.ts'

const hash = (byte: number): `0x${string}` => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const leafAt = (index: number): Leaf =>
  index % 2 === 0
    ? { kind: 'lease', lease: hash(index), served: index * 30 }
    : { kind: 'provider', provider: BigInt(index), score: index * 100, rewards: 10n ** 18n, slashed: 0n }

describe('workProof', () => {
  test('leads from any leaf to the root of its tree, and shows every step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, pick) => {
        const leaves = Array.from({ length: size }, (_, index) => leafAt(index))
        const index = pick % size
        const tree = leafTree(leaves)
        const { leaf, steps, root } = workProof(leafAt(index), tree.proof(index))
        expect(root).toBe(tree.root)
        expect(leaf).toBe(tree.leaf(index))
        expect(steps.at(-1)?.result ?? leaf).toBe(root)
        steps.slice(1).forEach((step, at) => {
          expect(step.own).toBe(steps[at]?.result)
        })
      }),
    )
  })

  test('another value leads elsewhere', () => {
    const leaves = Array.from({ length: 9 }, (_, index) => leafAt(index))
    const tree = leafTree(leaves)
    const lied: Leaf = { kind: 'lease', lease: hash(4), served: 121 }
    expect(workProof(lied, tree.proof(4)).root).not.toBe(tree.root)
  })

  test('so does another sibling', () => {
    const leaves = Array.from({ length: 9 }, (_, index) => leafAt(index))
    const tree = leafTree(leaves)
    const [, ...rest] = tree.proof(3)
    expect(workProof(leafAt(3), [hash(250), ...rest]).root).not.toBe(tree.root)
  })
})
