import type { SignedBatchHeader } from '@tender/network'
import type { Report } from '@tender/protocol'
import { type Address, type Hex, hexToBytes, keccak256, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { leaderOrder } from './schedule.ts'
import {
  addressOf,
  batchOf,
  createWorld,
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

const blockHash = keccak256(toHex('block 30'))
const everybody = [0, 1, 2, 3]
const trueHeader = (index: number, era = 1n) => headerOf(index, era, keccak256(batchOf(index, era, 30)))

type Proposed = Partial<Report> & { hash?: Hex; batches?: readonly SignedBatchHeader[]; by?: Address; signer?: Address }

/** Four monitors in their first eras at that time; with `cutOff` nobody hears the last one in the order, nor it anybody. */
async function worldAt(time: number, cutOff = false): Promise<World> {
  const world = createWorld({ weights: even })
  const last = addressOf(lastIn(world))
  if (cutOff) world.reaches = (from, to) => from !== last && to !== last
  while (world.time < time) await world.tick()
  return world
}

const orderIn = (world: World) => leaderOrder([...world.signers], { blockHash, attempt: 0 })

/** Who neither leads the first round nor judges in these tests. */
const lastIn = (world: World) => everybody.find((index) => addressOf(index) === orderIn(world).at(-1)) ?? 0

/** A proposal for the first era, by the leader of its round, with nothing wrong but what is given; and another monitor but the last. */
function proposed(world: World, { hash = blockHash, batches, by, signer, ...wrong }: Proposed = {}) {
  const order = orderIn(world)
  const list = batches ?? everybody.map((index) => trueHeader(index))
  const root = honestDraft({ era: 1n, from: 0, until: 30 }, list)
  const right = { reports, era: 1n, attempt: 0, round: 0, coveredUntil: 30, root, dataHash: root }
  const report: Report = { ...right, ...wrong }
  const leader = by ?? order[report.round % order.length] ?? addressOf(0)
  const judge = world.monitors.find(({ address }) => address !== leader && address !== order.at(-1))
  if (!judge) throw new Error('there are four')
  const signature = signedBy(signer ?? leader, textOf(report))
  const proposal = { report, signature, block: { number: 30n, hash }, batches: [...list] }
  return { judge, leader, said: () => judge.agreement.judge(proposal, leader, soon()) }
}

const refusal = (code: string) => ({ refusal: { code } })

describe('a proposal', () => {
  test('is signed if the same comes out here, and refused if something else does', async () => {
    const world = await worldAt(32)
    for (const wrong of [{ dataHash: zeroHash }, { root: zeroHash }]) {
      expect(await proposed(world, wrong).said()).toMatchObject(refusal('otherResult'))
    }
    const other = proposed(world, { hash: zeroHash })
    expect(await other.said()).toMatchObject(refusal('otherChain'))
    const { agreement } = other.judge
    expect(agreement.counts()).toEqual({
      led: 0,
      signed: 0,
      refused: new Map([
        ['otherResult', 2],
        ['otherChain', 1],
      ]),
    })
    expect(agreement.status().lastRefusal).toContain("is the era's last one here")
    expect(world.logged.filter(({ message }) => message === 'does not sign a proposal')[2]?.fields).toMatchObject({
      leader: other.leader,
      era: 1n,
      round: 0,
      code: 'otherChain',
    })

    expect(await proposed(world).said()).toHaveProperty('signature')
    expect(agreement.counts().signed).toBe(1)
  })

  test('names its contract and its batches’ in any letters', async () => {
    const world = await worldAt(32)
    const loud = `0x${reports.slice(2).toUpperCase()}` as const
    const batches = everybody.map((index) => {
      const { header, ...rest } = trueHeader(index)
      return { ...rest, header: { ...header, reports: loud } }
    })
    expect(await proposed(world, { reports: loud, batches }).said()).toHaveProperty('signature')
  })

  test('is of this contract, era and attempt, and signed by who sends it', async () => {
    const world = await worldAt(32)
    expect(await proposed(world, { reports: addressOf(9) }).said()).toMatchObject(refusal('otherContract'))
    expect(await proposed(world, { signer: addressOf(9) }).said()).toMatchObject(refusal('badSignature'))
    expect(await proposed(world, { era: 2n }).said()).toMatchObject(refusal('otherEra'))
    expect(await proposed(world, { attempt: 1 }).said()).toMatchObject(refusal('otherEra'))
    expect(world.seen).toEqual([])
  })

  test('is of an era that is over here', async () => {
    const early = await worldAt(20)
    expect(await proposed(early).said()).toMatchObject(refusal('notOver'))
    const world = await worldAt(32)
    expect(await proposed(world, { coveredUntil: 60 }).said()).toMatchObject(refusal('notOver'))
    for (const coveredUntil of [0, 29, 31]) {
      expect(await proposed(world, { coveredUntil }).said()).toMatchObject(refusal('noBoundary'))
    }
    expect([...early.seen, ...world.seen]).toEqual([])
    world.hasBlockAfter = () => false
    expect(await proposed(world).said()).toMatchObject(refusal('notOver'))
    expect(world.seen).toHaveLength(1)
  })

  test('is of an era that comes after the one before', async () => {
    const world = await worldAt(32)
    await world.runUntilPosted(1n, 10)
    while (world.time < 62) await world.tick()
    expect(await proposed(world, { era: 2n, coveredUntil: 30 }).said()).toMatchObject(refusal('noBoundary'))
  })

  test('comes from who leads its round, which may be about to begin', async () => {
    const world = await worldAt(32)
    world.time = 33
    const [first, second] = orderIn(world)
    expect(await proposed(world, { by: second }).said()).toMatchObject(refusal('otherLeader'))
    expect(await proposed(world, { round: 1, by: first }).said()).toMatchObject(refusal('otherLeader'))
    expect(await proposed(world, { round: 1 }).said()).toHaveProperty('signature')
    expect(await proposed(world, { round: 2 }).said()).toMatchObject(refusal('otherRound'))
    expect(world.seen.map(({ round }) => round)).toEqual([0, 1, 1])
  })
})

describe('the batches of a proposal', () => {
  const wrong: Record<string, (list: SignedBatchHeader[]) => SignedBatchHeader[]> = {
    'in no order': (list) => list.toReversed(),
    'of a stranger': (list) => [...list, trueHeader(9)],
    'of another era': (list) => [...list, trueHeader(3, 2n)],
    'of another contract': ([first, ...list]) =>
      first ? [{ ...first, header: { ...first.header, reports: addressOf(9) } }, ...list] : [],
    'that their monitor did not sign': ([first, ...list]) =>
      first ? [{ ...first, signature: `${zeroHash}${'00'.repeat(33)}` }, ...list] : [],
  }
  test.each(Object.entries(wrong))('are none %s', async (_, change) => {
    const world = await worldAt(32)
    const batches = change(everybody.map((index) => trueHeader(index)))
    expect(await proposed(world, { batches }).said()).toMatchObject(refusal('badBatches'))
  })

  test.each(['nobody has it', 'it is no batch'])('count only if they can be had, and are some: %s', async (text) => {
    const world = await worldAt(32, true)
    const hidden = lastIn(world)
    const content = toHex(text)
    const batches = everybody.map((index) =>
      index === hidden ? headerOf(hidden, 1n, keccak256(content)) : trueHeader(index),
    )
    const { leader, said } = proposed(world, { batches })
    const keep = world.monitors.find(({ address }) => address === leader)?.keep
    if (text === 'it is no batch') keep?.set(keccak256(content), hexToBytes(content))
    expect(await said()).toMatchObject(refusal('batchMissing'))
  })

  test('are asked of the leader, too', async () => {
    const world = await worldAt(32, true)
    const hidden = lastIn(world)
    const { leader, said } = proposed(world)
    const content = batchOf(hidden, 1n, 30)
    world.monitors.find(({ address }) => address === leader)?.keep.set(keccak256(content), hexToBytes(content))
    expect(await said()).toHaveProperty('signature')
  })

  test('of who signed two are any two, whatever is in them', async () => {
    const world = await worldAt(32, true)
    const liar = lastIn(world)
    const [one, two, three] = ['a', 'b', 'c'].map((text) => keccak256(toHex(text))).sort() as [Hex, Hex, Hex]
    const withTwo = (...digests: readonly Hex[]) =>
      everybody.flatMap((index) =>
        index === liar ? digests.map((digest) => headerOf(liar, 1n, digest)) : [trueHeader(index)],
      )
    const { judge, said } = proposed(world, { batches: withTwo(one, three) })
    for (const digest of [one, two]) judge.agreement.take(headerOf(liar, 1n, digest))
    expect(await said()).toHaveProperty('signature')
    // One of them alone would count.
    expect(await proposed(world, { batches: withTwo(one) }).said()).toHaveProperty('refusal')
  })

  test('leave none out that is here, and its leader is told of those', async () => {
    const world = await worldAt(32)
    const told: Address[] = []
    world.beforeEffect = (monitor, effect) => void (effect === 'sendHeader' && told.push(monitor))
    const leftOut = everybody.find((index) => addressOf(index) !== orderIn(world)[0]) ?? 0
    const batches = everybody.filter((index) => index !== leftOut).map((index) => trueHeader(index))
    const { said, judge } = proposed(world, { batches })
    const { refusal: why } = (await said()) as { refusal: { code: string; message: string } }
    expect(why.code).toBe('batchLeftOut')
    expect(why.message).toContain(addressOf(leftOut))
    expect(told).toEqual([judge.address])
  })
})

test('who judges does not take its own trouble for the leader’s', async () => {
  const world = await worldAt(32)
  world.beforeEffect = (_monitor, effect) => {
    if (effect === 'signReport') throw new Killed('at its signature')
  }
  const { judge, said } = proposed(world)
  await expect(said()).rejects.toThrow('at its signature')
  expect(judge.agreement.counts().refused.size).toBe(0)
})
