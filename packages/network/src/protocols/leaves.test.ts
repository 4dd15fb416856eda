import { type Leaf, NotFoundError } from '@tender/protocol'
import { type Hex, toHex } from 'viem'
import { expect, test } from 'vitest'
import { soon, startNode } from '../testNetwork.ts'
import {
  askLeaves,
  askServed,
  type LeafSubject,
  type LeavesRequest,
  MAX_SERVED_LEASES,
  type ProvenLeaves,
  type ServedLeases,
  type ServedRequest,
  serveLeaves,
} from './leaves.ts'

const hash = (index: number): Hex => toHex(index, { size: 32 })
const lease = hash(0xabcdef)
const address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const proof = Array.from({ length: 64 }, (_, index) => hash(index))

const all: readonly { of: LeafSubject; leaves: readonly Leaf[] }[] = [
  {
    of: { lease },
    leaves: [
      { kind: 'lease', lease, served: 86_400 },
      { kind: 'credit', lease, provider: 7n, tenant: address, amount: 2n ** 200n },
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

async function setUp(answers: {
  leaves?: (request: LeavesRequest) => ProvenLeaves
  served?: (request: ServedRequest) => ServedLeases
}) {
  const [asker, monitor] = [await startNode(), await startNode()]
  const none = () => {
    throw new NotFoundError('no such era', { code: 'unknownEra' })
  }
  await serveLeaves(monitor, {
    leaves: async (request) => (answers.leaves ?? none)(request),
    served: async (request) => (answers.served ?? none)(request),
  })
  return {
    leaves: (request: LeavesRequest) => askLeaves(asker, monitor.contact(), request, soon()),
    served: (request: ServedRequest) => askServed(asker, monitor.contact(), request, soon()),
  }
}

test('anybody gets the leaves of a lease, a provider, a monitor, a dispute, each with its proof', async () => {
  const answerTo = ({ of }: LeavesRequest) => {
    const found = all.find((entry) => Object.keys(entry.of)[0] === Object.keys(of)[0])
    return { era: 12n, leaves: (found?.leaves ?? []).map((leaf) => ({ leaf, proof })) }
  }
  const ask = await setUp({ leaves: answerTo })
  for (const { of, leaves } of all) {
    expect(await ask.leaves({ of })).toEqual({ era: 12n, leaves: leaves.map((leaf) => ({ leaf, proof })) })
    expect(await ask.leaves({ era: 12n, of })).toMatchObject({ era: 12n })
  }
})

test('leaves of something else, or of another era, are no answer', async () => {
  for (const { of } of all) {
    for (const { leaves } of all.filter((other) => other.of !== of)) {
      const ask = await setUp({ leaves: () => ({ era: 1n, leaves: leaves.map((leaf) => ({ leaf, proof })) }) })
      await expect(ask.leaves({ of })).rejects.toMatchObject({ code: 'badFrame' })
    }
  }
  const other = await setUp({
    leaves: () => ({ era: 1n, leaves: [{ leaf: { kind: 'lease', lease: hash(1), served: 1 }, proof }] }),
  })
  await expect(other.leaves({ of: { lease } })).rejects.toMatchObject({ code: 'badFrame' })
  const older = await setUp({ leaves: () => ({ era: 1n, leaves: [] }), served: () => ({ ...many([]), era: 1n }) })
  await expect(older.leaves({ era: 2n, of: { lease } })).rejects.toMatchObject({ code: 'badFrame' })
  await expect(older.served({ era: 2n, leases: [lease] })).rejects.toMatchObject({ code: 'badFrame' })
})

const many = (leases: readonly Hex[]): ServedLeases => ({
  era: 9n,
  served: leases.map((id, index) => ({ lease: id, served: index })),
  proof,
  flags: [true, false],
})

test('many leases come with one multiproof, the most too; what was not asked for does not', async () => {
  const leases = Array.from({ length: MAX_SERVED_LEASES }, (_, index) => hash(index + 1))
  const most = { ...many(leases), proof: Array.from({ length: 5_000 }, (_, index) => hash(index)) }
  const ask = await setUp({ served: () => most })
  expect(await ask.served({ leases })).toEqual(most)
  await expect(ask.served({ leases: [...leases, lease] })).rejects.toThrow()
  await expect(ask.served({ leases: leases.slice(1) })).rejects.toMatchObject({ code: 'badFrame' })
  const twice = await setUp({ served: () => many([lease, lease]) })
  await expect(twice.served({ leases: [lease] })).rejects.toMatchObject({ code: 'badFrame' })
})

test('a monitor that lacks the era says so', async () => {
  const ask = await setUp({})
  const missing = { code: 'unknownEra', class: 'notFound' }
  await expect(ask.leaves({ era: 99n, of: { lease } })).rejects.toMatchObject(missing)
  await expect(ask.served({ era: 99n, leases: [lease] })).rejects.toMatchObject(missing)
})

test('a proof longer than any tree is refused', async () => {
  const leaf: Leaf = { kind: 'lease', lease, served: 1 }
  const ask = await setUp({ leaves: () => ({ era: 1n, leaves: [{ leaf, proof: [...proof, lease] }] }) })
  await expect(ask.leaves({ of: { lease } })).rejects.toMatchObject({ class: 'network' })
})
