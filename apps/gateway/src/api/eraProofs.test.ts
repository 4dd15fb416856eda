import { type Leaf, leafHash } from '@tender/protocol'
import fc from 'fast-check'
import { getAddress, keccak256 } from 'viem'
import { test } from 'vitest'
import { encodeLeaf } from './eraProofs.ts'

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((all): `0x${string}` => `0x${Buffer.from(all).toString('hex')}`)
const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
const amount = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
const address = hex(20).map((text) => getAddress(text))
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({ kind: fc.constant('lease' as const), lease: hex(32), served: fc.nat() }),
  fc.record({ kind: fc.constant('credit' as const), lease: hex(32), provider: id, tenant: address, amount }),
  fc.record({
    kind: fc.constant('provider' as const),
    provider: id,
    score: fc.nat(10_000),
    rewards: amount,
    slashed: amount,
  }),
  fc.record({ kind: fc.constant('monitor' as const), monitor: address, asset: address, rewards: amount }),
  fc.record({ kind: fc.constant('monitorSlash' as const), monitor: address, slashed: amount }),
  fc.record({ kind: fc.constant('dispute' as const), dispute: id, upheld: fc.boolean() }),
)

test('a leaf as it is shown hashes to the leaf of the tree', () => {
  fc.assert(fc.property(leaf, (one) => keccak256(keccak256(encodeLeaf(one))) === leafHash(one)))
})
