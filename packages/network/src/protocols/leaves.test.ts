import { type Leaf, NotFoundError } from '@tender/protocol'
import { type Hex, toHex } from 'viem'
import { expect, test } from 'vitest'
import { soon, startNode } from '../testNetwork.ts'
import {
  askLeaves,
  type LeafSubject,
  type LeavesRequest,
  MAX_LEAF_LEASES,
  type ProvenLeaves,
  serveLeaves,
} from './leaves.ts'

const hash = (index: number): Hex => toHex(index, { size: 32 })
const lease = hash(0xabcdef)
const address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const proof = Array.from({ length: 64 }, (_, index) => hash(index))

const all: readonly { of: LeafSubject; leaves: readonly Leaf[] }[] = [
  {
    of: { leases: [lease, hash(1)] },
    leaves: [
      { kind: 'lease', lease, served: 86_400 },
      { kind: 'credit', lease, provider: 7n, tenant: address, amount: 2n ** 200n },
      { kind: 'lease', lease: hash(1), served: 0 },
    ],
  },
  { of: { provider: 7n }, leaves: [{ kind: 'provider', provider: 7n, score: 9_000, rewards: 5n, slashed: 0n }] },
  {
    of: { monitor: address },
    leaves: [
      { kind: 'monitor', monitor: address, asset: address, rewards: 1n },
      { kind: 'monitorSlash', monitor: address, slashed: 2n },
    ],
  },
  { of: { dispute: 3n }, leaves: [{ kind: 'dispute', dispute: 3n, upheld: true }] },
]

const proven = (leaves: readonly Leaf[]): ProvenLeaves => ({
  era: 12n,
  leaves: leaves.map((leaf) => ({ leaf, proof })),
})

async function setUp(find: (request: LeavesRequest) => ProvenLeaves) {
  const [asker, monitor] = [await startNode(), await startNode()]
  await serveLeaves(monitor, async (request) => find(request))
  return (request: LeavesRequest) => askLeaves(asker, monitor.contact(), request, soon())
}

test('anybody gets the leaves of leases, a provider, a monitor, a dispute, each with its proof', async () => {
  const asked: LeavesRequest[] = []
  const ask = await setUp((request) => {
    asked.push(request)
    const found = all.find(({ of }) => Object.keys(of)[0] === Object.keys(request.of)[0])
    return proven(found?.leaves ?? [])
  })
  for (const { of, leaves } of all) {
    expect(await ask({ of })).toEqual(proven(leaves))
    expect(await ask({ era: 12n, of })).toEqual(proven(leaves))
  }
  expect(asked).toEqual(all.flatMap(({ of }) => [{ of }, { era: 12n, of }]))
})

test('the most leases that may be asked for fit', async () => {
  const leases = Array.from({ length: MAX_LEAF_LEASES }, (_, index) => hash(index + 1))
  const most = leases.flatMap((id): Leaf[] => [
    { kind: 'lease', lease: id, served: 1 },
    { kind: 'credit', lease: id, provider: 7n, tenant: address, amount: 2n ** 255n },
  ])
  const ask = await setUp(() => proven(most))
  expect(await ask({ of: { leases } })).toEqual(proven(most))
  await expect(ask({ of: { leases: [...leases, lease] } })).rejects.toThrow()
  await expect(ask({ of: { leases: leases.slice(1) } })).rejects.toMatchObject({ code: 'badFrame' })
})

test('leaves of something else, or of another era, are no answer', async () => {
  for (const { of } of all) {
    for (const { leaves } of all.filter((other) => other.of !== of)) {
      const ask = await setUp(() => proven(leaves))
      await expect(ask({ of })).rejects.toMatchObject({ code: 'badFrame' })
    }
  }
  const ask = await setUp(() => proven([]))
  await expect(ask({ era: 11n, of: { provider: 7n } })).rejects.toMatchObject({ code: 'badFrame' })
  expect(await ask({ era: 12n, of: { provider: 7n } })).toEqual(proven([]))
})

test('a monitor that lacks the era says so', async () => {
  const ask = await setUp(() => {
    throw new NotFoundError('no such era', { code: 'unknownEra' })
  })
  const missing = { code: 'unknownEra', class: 'notFound' }
  await expect(ask({ era: 99n, of: { leases: [lease] } })).rejects.toMatchObject(missing)
})

test('a proof longer than any tree is refused', async () => {
  const leaf: Leaf = { kind: 'lease', lease, served: 1 }
  const ask = await setUp(() => ({ era: 1n, leaves: [{ leaf, proof: [...proof, lease] }] }))
  await expect(ask({ of: { leases: [lease] } })).rejects.toMatchObject({ class: 'network' })
})
