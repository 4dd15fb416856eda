import type { SignedBatchHeader } from '@tender/network'
import fc from 'fast-check'
import { type Address, hexToBytes, keccak256, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { leaderOrder } from './schedule.ts'
import { isSame } from './signatureBook.ts'
import {
  addressOf,
  batchOf,
  createWorld,
  type Effect,
  even,
  headerOf,
  honestDraft,
  Killed,
  reports,
  signedBy,
  soon,
  textOf,
  type World,
} from './testAgreements.ts'

/** Nobody signed two reports of one round; what was posted is what honest monitors make of it. */
function expectHonest(world: World, liars: readonly Address[] = []): void {
  for (const [monitor, signed] of world.signed) {
    if (liars.includes(monitor)) continue
    const rounds = Map.groupBy(signed, ({ era, attempt, round }) => `${era} ${attempt} ${round}`)
    for (const [first, ...rest] of rounds.values()) {
      for (const other of rest) expect(first && isSame(first, other)).toBe(true)
    }
  }
  expect(world.posted.every(({ root, dataHash }) => root === dataHash)).toBe(true)
}

/** What the posted report was made of, by the signature of its root. */
function expectBatchesOf(world: World, era: bigint, indices: readonly number[]): void {
  const report = world.posted.find((posted) => posted.era === era)
  const from = world.posted.find((posted) => posted.era === era - 1n)?.coveredUntil ?? 0
  const until = report?.coveredUntil ?? 0
  const list = indices.map((index) => headerOf(index, era, keccak256(batchOf(index, era, until))))
  expect(report?.root).toBe(honestDraft({ era, from, until }, list))
}

describe('monitors that are all well', () => {
  test('post one report an era, of the batches of all', async () => {
    const world = createWorld({ weights: even })
    for (const era of [1n, 2n, 3n]) await world.runUntilPosted(era, 40)
    expect(world.posted.map(({ coveredUntil, round }) => [coveredUntil, round])).toEqual([
      [30, 0],
      [60, 0],
      [90, 0],
    ])
    for (const era of [1n, 2n, 3n]) expectBatchesOf(world, era, [0, 1, 2, 3])
    expectHonest(world)
  })

  test('agree alone too', async () => {
    const world = createWorld({ weights: [100] })
    await world.runUntilPosted(1n, 40)
    expectBatchesOf(world, 1n, [0])
  })

  test('that were all away report the whole gap at once', async () => {
    const world = createWorld({ weights: even })
    await world.runUntilPosted(1n, 40)
    world.time = 305
    await world.runUntilPosted(2n, 20)
    expect(world.posted[1]?.coveredUntil).toBe(300)
  })
})

describe('a silent monitor', () => {
  test('is done without, and as a leader replaced', async () => {
    for (const silent of [0, 1, 2, 3].map(addressOf)) {
      const world = createWorld({ weights: even })
      world.reaches = (from, to) => from !== silent && to !== silent
      for (const era of [1n, 2n]) await world.runUntilPosted(era, 80)
      expectHonest(world)
    }
  })

  test('with a third of the weight stops everything, until it is back', async () => {
    const world = createWorld({ weights: [100, 100, 100] })
    world.reaches = (from, to) => from !== addressOf(1) && to !== addressOf(1)
    await expect(world.runUntilPosted(1n, 90)).rejects.toThrow('no report')
    world.reaches = () => true
    await world.runUntilPosted(1n, 20)
    // All had sealed at the era's end: the report is of that, however late it comes.
    expect(world.posted[0]?.coveredUntil).toBe(30)
    expectHonest(world)
  })
})

describe('a lying monitor', () => {
  test('whose root is another gets nobody to sign, and is replaced', async () => {
    for (const liar of [0, 1, 2, 3]) {
      const world = createWorld({ weights: even, lies: { [liar]: { root: () => zeroHash, signsAnything: true } } })
      for (const era of [1n, 2n, 3n]) await world.runUntilPosted(era, 80)
      expectHonest(world, [addressOf(liar)])
    }
  })

  test('whose batch is for another contract stops nobody', async () => {
    const world = createWorld({ weights: even, lies: { 3: { signsAnything: true } } })
    world.reaches = (from, to) => from !== addressOf(3) && to !== addressOf(3)
    while (world.time < 32) await world.tick()
    const content = batchOf(3, 1n, 30)
    const { header, ...rest } = headerOf(3, 1n, keccak256(content))
    for (const index of [0, 1, 2]) {
      world.monitors[index]?.keep.set(keccak256(content), hexToBytes(content))
      world.monitors[index]?.agreement.take({ ...rest, header: { ...header, reports: addressOf(9) } })
    }
    await world.runUntilPosted(1n, 20)
    expectBatchesOf(world, 1n, [0, 1, 2])
    expectHonest(world, [addressOf(3)])
  })

  test('who gives its batch to one, and to the others so slowly that it never ends, holds nobody up', async () => {
    const world = createWorld({ weights: even })
    world.reaches = (from) => from !== addressOf(3)
    world.gives = (from, to, signal) => {
      if (from !== addressOf(3) || to === addressOf(0)) return Promise.resolve()
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    while (world.time < 32) await world.tick()
    for (const index of [0, 1, 2]) {
      world.monitors[index]?.agreement.take(headerOf(3, 1n, keccak256(batchOf(3, 1n, 30))))
    }
    await world.runUntilPosted(1n, 40)
    expectBatchesOf(world, 1n, [0, 1, 2, 3])
    expectHonest(world)
  })

  test('who signs for rounds that are far away fills no disk', async () => {
    const world = createWorld({ weights: even })
    while (world.time < 32) await world.tick()
    const report = { ...{ reports, era: 1n, attempt: 0, root: zeroHash, coveredUntil: 30 }, dataHash: zeroHash }
    const propose = (round: number) => {
      const signed = { ...report, round }
      const signature = signedBy(addressOf(3), textOf(signed))
      const proposal = { report: signed, signature, block: { number: 30n, hash: zeroHash }, batches: [] }
      return world.monitors[0]?.agreement.judge(proposal, addressOf(3), soon())
    }
    expect(await propose(0)).toMatchObject({ refusal: { code: 'otherChain' } })
    expect(await propose(1_000)).toMatchObject({ refusal: { code: 'otherRound' } })
    // What may be evidence is kept, though it is no proposal to sign.
    expect(world.seen.map(({ round }) => round)).toEqual([0])
  })

  test('who passes on batches and says that they are small keeps nobody from having them', async () => {
    const world = createWorld({ weights: even })
    for (const whose of [0, 1, 2]) {
      const header = headerOf(whose, 1n, keccak256(batchOf(whose, 1n, 30)))
      for (const { address, agreement } of world.monitors) {
        if (address !== addressOf(whose)) agreement.take({ ...header, bytes: 1 })
      }
    }
    await world.runUntilPosted(1n, 40)
    expectBatchesOf(world, 1n, [0, 1, 2, 3])
    expectHonest(world)
  })

  test('that signs two batches counts for nothing, whoever has which of them', async () => {
    const world = createWorld({ weights: even })
    while (world.time < 32) await world.tick()
    for (const index of [0, 1, 2]) {
      for (const digest of [keccak256(toHex(index)), keccak256(toHex(index + 10))]) {
        world.monitors[index]?.agreement.take(headerOf(3, 1n, digest))
      }
    }
    await world.runUntilPosted(1n, 60)
    expectHonest(world)
    const [{ root } = { root: undefined }] = world.posted
    const everybody = [0, 1, 2, 3].map((index) => headerOf(index, 1n, keccak256(batchOf(index, 1n, 30))))
    expect(root).not.toBe(honestDraft({ era: 1n, from: 0, until: 30 }, everybody))
  })

  test('cannot leave out a batch that others have', async () => {
    const world = createWorld({ weights: even })
    while (world.time < 32) await world.tick()
    const monitors = [0, 1, 2, 3].map((index) => ({ monitor: addressOf(index), weight: 100 }))
    const blockHash = keccak256(toHex('block 30'))
    const [leader = addressOf(0)] = leaderOrder(monitors, { blockHash, attempt: 0 })
    const proposal = (batches: SignedBatchHeader[], by = leader) => {
      const root = honestDraft({ era: 1n, from: 0, until: 30 }, batches)
      const report = { reports, era: 1n, attempt: 0, round: 0, coveredUntil: 30, root, dataHash: root }
      return { report, signature: signedBy(by, textOf(report)), block: { number: 30n, hash: blockHash }, batches }
    }
    const without = [0, 1, 2].map((index) => headerOf(index, 1n, keccak256(batchOf(index, 1n, 30))))
    const judge = world.monitors.find(({ address }) => address !== leader)
    expect(await judge?.agreement.judge(proposal(without), leader, soon())).toMatchObject({
      refusal: { code: 'batchLeftOut' },
    })
    expect(await judge?.agreement.judge(proposal(without, addressOf(9)), leader, soon())).toMatchObject({
      refusal: { code: 'badSignature' },
    })
    expect(
      await judge?.agreement.judge(proposal([headerOf(3, 1n, zeroHash), ...without]), leader, soon()),
    ).toMatchObject({
      refusal: { code: 'badBatches' },
    })
  })
})

test('two halves that do not see each other agree once they do', async () => {
  const world = createWorld({ weights: even })
  const half = (address: Address) => [addressOf(0), addressOf(1)].includes(address)
  world.reaches = (from, to) => half(from) === half(to)
  await expect(world.runUntilPosted(1n, 75)).rejects.toThrow('no report')
  world.reaches = () => true
  await world.runUntilPosted(1n, 25)
  expectBatchesOf(world, 1n, [0, 1, 2, 3])
  await world.runUntilPosted(2n, 60)
  expectHonest(world)
})

test('two that do not see each other agree through the others', async () => {
  const world = createWorld({ weights: even })
  const torn = new Set([addressOf(0), addressOf(1)])
  world.reaches = (from, to) => !(torn.has(from) && torn.has(to))
  for (const era of [1n, 2n]) await world.runUntilPosted(era, 80)
  expectBatchesOf(world, 1n, [0, 1, 2, 3])
  expectHonest(world)
})

test('a leader that dies between proposing and posting is replaced', async () => {
  const world = createWorld({ weights: even })
  let deaths = 0
  world.beforeEffect = (monitor, effect) => {
    if (effect !== 'post' || deaths > 0) return
    deaths += 1
    world.reaches = (from, to) => from !== monitor && to !== monitor
    throw new Killed('between proposing and posting')
  }
  await world.runUntilPosted(1n, 60)
  expect(world.posted[0]?.round).toBe(1)
  expectBatchesOf(world, 1n, [0, 1, 2, 3])
  expectHonest(world)
})

test('monitors that die anywhere, again and again, never sign twice and lose nothing', async () => {
  const effects: Effect[] = ['signHeader', 'signReport', 'put', 'sendHeader', 'askPart', 'propose', 'post']
  const death = fc.record({ monitor: fc.nat(3).map(addressOf), effect: fc.constantFrom(...effects), after: fc.nat(4) })
  await fc.assert(
    fc.asyncProperty(fc.array(death, { maxLength: 12 }), async (deaths) => {
      const world = createWorld({ weights: even })
      const due = deaths.map((planned) => ({ ...planned }))
      world.beforeEffect = (monitor, effect) => {
        const next = due.find((planned) => planned.monitor === monitor && planned.effect === effect)
        if (!next || next.after-- > 0) return
        due.splice(due.indexOf(next), 1)
        const dead = world.monitors.find(({ address }) => address === monitor)
        queueMicrotask(() => dead?.restart())
        throw new Killed(effect)
      }
      for (const era of [1n, 2n, 3n]) await world.runUntilPosted(era, 150)
      expectHonest(world)
    }),
    { numRuns: 60 },
  )
})
