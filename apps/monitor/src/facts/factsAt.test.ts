import { tiers } from '@tender/protocol'
import fc from 'fast-check'
import { type Address, type Hex, keccak256, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { createEventBook } from './eventBook.ts'
import type { CommonEvent, FactEvent, LeaseEvent } from './factEvent.ts'
import { type FactWindow, factsAt, seedBlocks } from './factsAt.ts'
import { prune } from './prune.ts'

const reports: Address = '0x00000000000000000000000000000000000000Aa'
const other: Address = '0x00000000000000000000000000000000000000bB'
const resource: Hex = `0x${'63'.repeat(32)}`
const idOf = (index: number): Hex => keccak256(toHex(index))
const hashOf = (block: number): Hex => keccak256(toHex(`block ${block}`))

function opened(block: number, { lease = 1, verifier = reports, units = 2 } = {}): FactEvent {
  const terms = {
    order: zeroHash,
    offer: zeroHash,
    index: 0,
    tenant: other,
    provider: 7n,
    payout: other,
    asset: other,
    resource,
    units,
    rate: 3_600n,
    start: block * 10,
    latestEnd: 10_000,
    kind: 0,
    tier: tiers.standard,
    uptimeBps: 9_900,
    maxSilence: 0,
    minSeconds: 0,
    noticeSeconds: 0,
    startWindow: 60,
    jobTerms: zeroHash,
    verifier,
  }
  return { type: 'opened', lease: idOf(lease), terms, end: 1_000, block, logIndex: 0 }
}
type Unplaced<T> = T extends unknown ? T : never
const at = (block: number, event: Unplaced<LeaseEvent | CommonEvent>): FactEvent => ({ ...event, block, logIndex: 0 })

/** A block every ten seconds: block n is at n * 10. */
function windowOf(from: number, until: number): FactWindow {
  const [first, last] = [Math.floor(from / 10), Math.floor(until / 10)]
  return { era: 3n, from, until, fromBlock: first, block: { number: BigInt(last), hash: hashOf(last) }, clockEra: 3 }
}

function listingOf(events: readonly FactEvent[], window: FactWindow) {
  const book = createEventBook({ leases: [], common: [] })
  for (const event of events) book.apply(event)
  return { book, window, reports, tailSeconds: 50 }
}

function factsOf(events: readonly FactEvent[], window: FactWindow) {
  const listing = listingOf(events, window)
  const hashes = new Map(seedBlocks(listing).map((block) => [block, hashOf(block)]))
  return factsAt({
    ...listing,
    redundancy: 5,
    firstPenaltyBps: [1, 2, 3],
    hashOf: (block) => hashes.get(block),
  })
}

const lease = idOf(1)

describe('the rules', () => {
  const first = { redundancy: 5, creditBps: 0, providerBudget: 0n, feeFactorBps: 0, idleFactorBps: 0, mostOfFeesBps: 0 }
  const policy = { providerBudget: 7n, feeFactorBps: 8, idleFactorBps: 9, mostOfFeesBps: 10 }
  const rewards = at(5, { type: 'rewards', ...policy })

  test('are what the contracts begin with, until governance sets others', () => {
    expect(factsOf([], windowOf(100, 200)).rules).toEqual({ ...first, rates: [], penaltyBps: [1, 2, 3] })
    const events = [
      at(3, { type: 'credit', creditBps: 50 }),
      at(4, { type: 'credit', creditBps: 60 }),
      rewards,
      at(6, { type: 'penalty', tier: 1, bps: 77 }),
      // A tier that this version does not know.
      at(7, { type: 'penalty', tier: 3, bps: 88 }),
      at(8, { type: 'left', index: 0 }),
    ]
    expect(factsOf(events, windowOf(100, 200)).rules).toEqual({
      ...{ ...first, ...policy, creditBps: 60 },
      rates: [],
      penaltyBps: [1, 77, 3],
    })
  })

  test('of its last block still count, and later ones do not', () => {
    const rules = (block: number) => factsOf([at(block, { type: 'credit', creditBps: 50 })], windowOf(100, 200)).rules
    expect([19, 20, 21].map((block) => rules(block).creditBps)).toEqual([50, 50, 0])
  })

  test('have one rate of each asset, the last one, in the order of assets', () => {
    const events = [
      at(3, { type: 'rate', asset: other, rate: 5n }),
      at(4, { type: 'rate', asset: reports, rate: 6n }),
      at(5, { type: 'rate', asset: other, rate: 7n }),
    ]
    // In small letters, as all monitors have to write them.
    expect(factsOf(events, windowOf(100, 200)).rules.rates).toEqual([
      { asset: '0x00000000000000000000000000000000000000aa', rate: 6n },
      { asset: '0x00000000000000000000000000000000000000bb', rate: 7n },
    ])
  })
})

test('leases, disputes and attestations are in their order, however they came', () => {
  const facts = factsOf(
    [
      ...[3, 1, 2, 4].map((index) => opened(4 + index, { lease: index })),
      ...[9n, 3n, 5n].map((dispute) => at(12, { type: 'dispute', dispute, lease, era: 2n })),
      ...[9n, 3n, 5n].map((provider) => at(13, { type: 'attested', provider, resultBps: 9_000, expiry: 10_000 })),
    ],
    windowOf(100, 200),
  )
  expect(facts.leases.map((one) => one.lease)).toEqual([1, 2, 3, 4].map(idOf).sort())
  expect(facts.disputes.map(({ dispute }) => dispute)).toEqual([3n, 5n, 9n])
  expect(facts.attestations.map(({ provider }) => provider)).toEqual([3n, 5n, 9n])
})

describe('a lease', () => {
  test('is drawn by the first block after the era began and after its own', () => {
    const [early] = factsOf([opened(3)], windowOf(100, 200)).leases
    const [late] = factsOf([opened(15)], windowOf(100, 200)).leases
    const [last] = factsOf([opened(20)], windowOf(100, 200)).leases
    expect([early?.seed, late?.seed, last?.seed]).toEqual([hashOf(12), hashOf(16), zeroHash])
    const [before] = factsOf([opened(19)], windowOf(100, 200)).leases
    expect(before?.seed).toBe(hashOf(20))
  })

  test('needs the hash of its block, if that is there and the lease is listed', () => {
    const blocksOf = (...events: FactEvent[]) => seedBlocks(listingOf(events, windowOf(100, 200)))
    const [early, late] = [opened(3), opened(8, { lease: 2 })]
    expect(blocksOf(early, late, opened(19, { lease: 3 }), opened(20, { lease: 4 }))).toEqual([12, 20])
    expect(blocksOf(opened(3, { verifier: other }))).toEqual([])
    const sources = { ...listingOf([early], windowOf(100, 200)), redundancy: 5, firstPenaltyBps: [1, 2, 3] as const }
    expect(() => factsAt({ ...sources, hashOf: () => undefined })).toThrow('the hash of block 12 was not read')
  })

  test('that comes after the last block is of the next era', () => {
    expect(factsOf([opened(20)], windowOf(100, 200)).leases).toHaveLength(1)
    expect(factsOf([opened(21)], windowOf(100, 200)).leases).toEqual([])
  })

  test('is as the last block of the era knew it, whatever came later', () => {
    const ended = at(21, { type: 'ended', lease, closedAt: 190, reason: 7 })
    const facts = factsOf([opened(3), ended, at(22, { type: 'released', lease })], windowOf(100, 200))
    expect(facts).toEqual(factsOf([opened(3)], windowOf(100, 200)))
    expect(facts.leases).toMatchObject([{ stop: 1_000, endReason: 0 }])
    expect(factsOf([opened(3), ended], windowOf(200, 300)).leases).toMatchObject([
      { stop: 190, end: 1_000, endReason: 7 },
    ])
    const endedLast = at(20, { type: 'ended', lease, closedAt: 200, reason: 7 })
    expect(factsOf([opened(3), endedLast], windowOf(100, 200)).leases).toMatchObject([{ stop: 200, endReason: 7 }])
  })

  test('stops at its end, whatever was to close it later', () => {
    const closedAt = (time: number) =>
      factsOf([opened(3), at(95, { type: 'ended', lease, closedAt: time, reason: 7 })], windowOf(900, 1_100)).leases
    expect(closedAt(999)).toMatchObject([{ stop: 999, end: 1_000, endReason: 7 }])
    expect(closedAt(1_000)).toMatchObject([{ stop: 1_000, end: 1_000, endReason: 7 }])
    expect(closedAt(1_001)).toMatchObject([{ stop: 1_000, end: 1_000, endReason: 0 }])
  })

  test('was to end when its last extension by then says', () => {
    const extended = (block: number, end: number) => at(block, { type: 'extended', lease, end })
    const events = [opened(3), extended(15, 1_400), extended(20, 1_500), extended(21, 2_000)]
    expect(factsOf(events, windowOf(100, 200)).leases).toMatchObject([{ stop: 1_500, end: 1_500 }])
    const ended = at(22, { type: 'ended', lease, closedAt: 220, reason: 6 })
    expect(factsOf([...events, ended], windowOf(200, 300)).leases).toMatchObject([{ stop: 220, end: 2_000 }])
  })

  test('that goes on for a while after it was ended has no reason yet', () => {
    const facts = factsOf([opened(3), at(15, { type: 'ended', lease, closedAt: 260, reason: 2 })], windowOf(100, 200))
    expect(facts.leases).toMatchObject([{ stop: 260, endReason: 0 }])
  })

  test('tells the fees of this era and what was paid in all', () => {
    const paid = (block: number, amount: bigint) =>
      at(block, { type: 'settled', lease, paid: amount, fee: amount / 10n })
    const payments = [paid(9, 1_000n), paid(10, 300n), paid(11, 50n), paid(20, 70n), paid(21, 90n)]
    const facts = factsOf([opened(3), ...payments], windowOf(100, 200))
    expect(facts.leases).toMatchObject([{ fees: 12n, paid: 1_420n }])
  })

  test('is listed until its tail is over, or while it is paid for, and never if others judge it', () => {
    const ended = at(9, { type: 'ended', lease, closedAt: 90, reason: 1 })
    expect(factsOf([opened(3), ended], windowOf(130, 200)).leases).toHaveLength(1)
    expect(factsOf([opened(3), ended], windowOf(140, 200)).leases).toHaveLength(0)
    const paidIn = (block: number, window = windowOf(140, 200)) =>
      factsOf([opened(3), ended, at(block, { type: 'settled', lease, paid: 5n, fee: 1n })], window).leases
    expect(paidIn(15)).toMatchObject([{ fees: 1n }])
    expect([14, 15, 20, 21].map((block) => paidIn(block).length)).toEqual([0, 1, 1, 0])
    expect(paidIn(15, windowOf(200, 300))).toHaveLength(0)
    // Blocks may be far apart: the last one before the era is of long ago.
    const endedAtOnce = [opened(3), at(3, { type: 'ended', lease, closedAt: 30, reason: 1 })]
    expect(factsOf(endedAtOnce, { ...windowOf(100, 200), fromBlock: 3 }).leases).toHaveLength(0)
    expect(factsOf([opened(3, { verifier: other })], windowOf(100, 200)).leases).toHaveLength(0)
  })
})

test('units count as leased until they are given back, whoever judges the lease', () => {
  const committed = at(1, { type: 'committed', provider: 7n, resource, committed: 8, stakePerUnit: 5n })
  const leases = [opened(3), opened(4, { lease: 2, verifier: other, units: 3 }), opened(5, { lease: 3, units: 1 })]
  const released = at(12, { type: 'released', lease: idOf(3) })
  expect(factsOf([committed, ...leases, released], windowOf(100, 200)).capacity).toEqual([
    { provider: 7n, resource, committed: 8, leased: 5, stakePerUnit: 5n },
  ])
})

test('units count as leased as the last block of the era knew it', () => {
  const committed = at(1, { type: 'committed', provider: 7n, resource, committed: 8, stakePerUnit: 5n })
  const leased = (...events: FactEvent[]) => {
    const { capacity } = factsOf([committed, ...events], windowOf(100, 200))
    return capacity.map((one) => one.leased)
  }
  expect([19, 20, 21].map((block) => leased(opened(block)))).toEqual([[2], [2], [0]])
  const releasedIn = (block: number) => leased(opened(3), at(block, { type: 'released', lease }))
  expect([19, 20, 21].map(releasedIn)).toEqual([[0], [0], [2]])
})

test('units are told of each provider and class, in their order, judged or not', () => {
  const another: Hex = `0x${'64'.repeat(32)}`
  const committed = (provider: bigint, of: Hex, units: number) =>
    at(1, { type: 'committed', provider, resource: of, committed: units, stakePerUnit: 5n })
  const events = [
    committed(9n, resource, 1),
    committed(7n, another, 2),
    committed(8n, resource, 3),
    committed(7n, resource, 4),
    committed(6n, resource, 0),
    opened(3, { units: 2 }),
  ]
  const { capacity } = factsOf(events, windowOf(100, 200))
  expect(capacity.map((one) => [one.provider, one.resource, one.committed, one.leased])).toEqual([
    [7n, resource, 4, 2],
    [7n, another, 2, 0],
    [8n, resource, 3, 0],
    [9n, resource, 1, 0],
  ])
})

test('the stake per unit stays known as long as a lease of that class is judged', () => {
  const committed = (block: number, units: number) =>
    at(block, { type: 'committed', provider: 7n, resource, committed: units, stakePerUnit: 5n })
  const gone = [at(15, { type: 'ended', lease, closedAt: 150, reason: 7 }), at(16, { type: 'released', lease })]
  const events = [committed(1, 8), opened(3), ...gone, committed(17, 0)]
  expect(factsOf(events, windowOf(100, 200)).capacity).toEqual([
    { provider: 7n, resource, committed: 0, leased: 0, stakePerUnit: 5n },
  ])
  expect(factsOf(events, windowOf(200, 300)).capacity).toEqual([])
})

test('weights count from the era that they were changed for', () => {
  const weight = { type: 'weight', index: 0, monitor: reports, weight: 10, nextWeight: 30 } as const
  const from = (nextFrom: number) => factsOf([at(2, { ...weight, nextFrom })], windowOf(100, 200)).monitors
  expect(from(4)).toEqual([{ monitor: reports.toLowerCase(), weight: 10 }])
  expect(from(3)).toEqual([{ monitor: reports.toLowerCase(), weight: 30 }])
  const left = at(3, { type: 'left', index: 0 })
  expect(factsOf([at(2, { ...weight, nextFrom: 3 }), left], windowOf(100, 200)).monitors).toEqual([])
})

test('a dispute is of one era only', () => {
  const dispute = at(15, { type: 'dispute', dispute: 4n, lease, era: 2n })
  expect(factsOf([dispute], windowOf(100, 200)).disputes).toEqual([{ dispute: 4n, lease, era: 2n }])
  expect(factsOf([dispute], windowOf(200, 300)).disputes).toEqual([])
  expect(factsOf([dispute], windowOf(0, 100)).disputes).toEqual([])
  const last = at(20, { type: 'dispute', dispute: 4n, lease, era: 2n })
  expect(factsOf([last], windowOf(100, 200)).disputes).toHaveLength(1)
  expect(factsOf([last], windowOf(200, 300)).disputes).toEqual([])
})

test('an attestation counts until it expires, and the newest alone', () => {
  const attested = (block: number, resultBps: number, expiry: number) =>
    at(block, { type: 'attested', provider: 7n, resultBps, expiry })
  expect(factsOf([attested(1, 9_000, 900), attested(2, 500, 900)], windowOf(100, 200)).attestations).toEqual([
    { provider: 7n, resultBps: 500 },
  ])
  expect(factsOf([attested(1, 9_000, 900), attested(2, 500, 200)], windowOf(100, 200)).attestations).toEqual([])
  const committed = at(3, { type: 'committed', provider: 7n, resource, committed: 8, stakePerUnit: 5n })
  expect(factsOf([attested(1, 9_000, 201), committed], windowOf(100, 200)).attestations).toHaveLength(1)
})

test('what was forgotten is what no later report is about', () => {
  const stopped = [
    at(9, { type: 'ended', lease, closedAt: 90, reason: 1 }),
    at(9, { type: 'released', lease }),
    at(12, { type: 'resolved', lease }),
  ]
  const open = opened(4, { lease: 2 })
  const book = createEventBook({ leases: [], common: [] })
  for (const event of [opened(3), open, ...stopped]) book.apply(event)
  const past = { reports, tailSeconds: 50, settledBlock: 100 }
  prune(book, { ...past, from: 130, fromBlock: 13 })
  expect([...book.leases()]).toHaveLength(2)
  prune(book, { ...past, from: 140, fromBlock: 14, settledBlock: 11 })
  expect([...book.leases()]).toHaveLength(2)
  prune(book, { ...past, from: 140, fromBlock: 14 })
  expect([...book.leases()].map((left) => left.lease)).toEqual([idOf(2)])
})

const anyEvent = fc.oneof(
  fc.nat(4).map((index) => (block: number) => opened(block, { lease: index })),
  fc
    .record({ lease: fc.nat(4).map(idOf), end: fc.integer({ min: 500, max: 2_000 }) })
    .map((extended) => (block: number) => at(block, { type: 'extended', ...extended })),
  fc
    .record({ lease: fc.nat(4).map(idOf), closedAt: fc.integer({ min: 0, max: 500 }), reason: fc.nat(10) })
    .map((ended) => (block: number) => at(block, { type: 'ended', ...ended })),
  fc
    .record({ lease: fc.nat(4).map(idOf), paid: fc.bigInt(0n, 900n), fee: fc.bigInt(0n, 9n) })
    .map((settled) => (block: number) => at(block, { type: 'settled', ...settled })),
  fc.nat(4).map((index) => (block: number) => at(block, { type: 'released', lease: idOf(index) })),
  fc.nat(3).map((index) => (block: number) => at(block, { type: 'left', index })),
)

test('taking blocks back leaves what had been there without them', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), fc.nat(30), (makers, from) => {
      // A lease is opened once.
      const seen = new Set<Hex>()
      const events = makers
        .map((make, block) => make(block))
        .filter((event) => event.type !== 'opened' || (!seen.has(event.lease) && seen.add(event.lease)))
      const book = createEventBook({ leases: [], common: [] })
      for (const event of events) book.apply(event)
      book.undo(from)
      const expected = createEventBook({ leases: [], common: [] })
      for (const event of events.filter(({ block }) => block < from)) expected.apply(event)
      expect([...book.leases()]).toEqual([...expected.leases()])
      expect(book.common()).toEqual(expected.common())
    }),
  )
})
