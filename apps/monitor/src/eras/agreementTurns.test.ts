import { type Hex, keccak256, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { leaderOrder } from './schedule.ts'
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

const blockHash = keccak256(toHex('block 30'))

/** Who did it, once each time. */
function watch(world: World, effect: Effect): string[] {
  const did: string[] = []
  world.beforeEffect = (monitor, kind) => void (kind === effect && did.push(monitor))
  return did
}

async function tickUntil(world: World, time: number): Promise<void> {
  while (world.time < time) await world.tick()
}

/** The leaders of the first era in their order, and a proposal of the first one's with nothing wrong but what is given. */
async function proposalOf(world: World, wrong: { root?: Hex; dataHash?: Hex; hash?: Hex }) {
  const [leader = addressOf(0), next = addressOf(0)] = leaderOrder([...world.signers], { blockHash, attempt: 0 })
  const batches = world.monitors.map((_, index) => headerOf(index, 1n, keccak256(batchOf(index, 1n, 30))))
  const root = honestDraft({ era: 1n, from: 0, until: 30 }, batches)
  const report = { reports, era: 1n, attempt: 0, round: 0, coveredUntil: 30, root, dataHash: root }
  const { hash = blockHash, ...changed } = wrong
  const signed = { ...report, ...changed }
  const signature = signedBy(leader, textOf(signed))
  const judge = world.monitors.find(({ address }) => address === next)?.agreement
  if (!judge) throw new Error('nobody comes next')
  return { leader, judge, proposal: { report: signed, signature, block: { number: 30n, hash }, batches } }
}

describe('who leads', () => {
  test('proposes alone, once, and not before batches were exchanged', async () => {
    const world = createWorld({ weights: even })
    const proposed = watch(world, 'propose')
    await tickUntil(world, 32)
    expect(proposed).toEqual([])
    await world.runUntilPosted(1n, 3)
    const [leader = addressOf(9)] = leaderOrder([...world.signers], { blockHash, attempt: 0 })
    expect(proposed).toEqual([leader, leader, leader])
  })

  test('is nobody before the first round, whoever is alone', async () => {
    const world = createWorld({ weights: [100] })
    await world.runUntilPosted(1n, 40)
    expect(world.posted.map(({ round }) => round)).toEqual([0])
    expect(world.time).toBe(33)
  })

  test('does it once a round, however long nobody agrees', async () => {
    const world = createWorld({ weights: [100, 100, 100] })
    world.reaches = (from, to) => from !== addressOf(1) && to !== addressOf(1)
    await tickUntil(world, 30 + 3 + 6 * 5 - 1)
    // Six rounds, in which three lead in turn.
    expect(world.monitors.map(({ agreement }) => agreement.counts().led)).toEqual([2, 2, 2])
    expect(world.posted).toEqual([])
  })

  test('waits for the block that ends the era', async () => {
    const world = createWorld({ weights: even })
    world.hasBlockAfter = () => false
    await tickUntil(world, 40)
    expect(world.posted).toEqual([])
    world.hasBlockAfter = (until) => until < world.time
    await world.runUntilPosted(1n, 10)
  })
})

test('who does not count yet tells its batch to nobody', async () => {
  const world = createWorld({ weights: even })
  world.signers = world.signers.slice(0, 3)
  const told = watch(world, 'sendHeader')
  await world.runUntilPosted(1n, 40)
  expect(told).not.toContain(addressOf(3))
  expect(new Set(told)).toEqual(new Set([0, 1, 2].map(addressOf)))
})

describe('who is asked to sign', () => {
  test('signs what comes out here, and says why not if it is something else', async () => {
    const world = createWorld({ weights: even })
    await tickUntil(world, 32)
    for (const wrong of [{ dataHash: zeroHash }, { root: zeroHash }]) {
      const { judge, proposal, leader } = await proposalOf(world, wrong)
      expect(await judge.judge(proposal, leader, soon())).toMatchObject({ refusal: { code: 'otherResult' } })
    }
    const other = await proposalOf(world, { hash: zeroHash })
    expect(await other.judge.judge(other.proposal, other.leader, soon())).toMatchObject({
      refusal: { code: 'otherChain' },
    })
    expect(other.judge.counts()).toEqual({
      led: 0,
      signed: 0,
      refused: new Map([
        ['otherResult', 2],
        ['otherChain', 1],
      ]),
    })
    expect(other.judge.status().lastRefusal).toContain("is the era's last one here")
    expect(world.logged.filter(({ message }) => message === 'does not sign a proposal')[2]?.fields).toMatchObject({
      leader: other.leader,
      era: 1n,
      round: 0,
      code: 'otherChain',
    })

    const right = await proposalOf(world, {})
    expect(await right.judge.judge(right.proposal, right.leader, soon())).toHaveProperty('signature')
    expect(right.judge.counts().signed).toBe(1)
  })

  test('does not take its own trouble for the leader’s', async () => {
    const world = createWorld({ weights: even })
    await tickUntil(world, 32)
    world.beforeEffect = (_monitor, effect) => {
      if (effect === 'signReport') throw new Killed('at its signature')
    }
    const { judge, proposal, leader } = await proposalOf(world, {})
    await expect(judge.judge(proposal, leader, soon())).rejects.toThrow('at its signature')
    expect(judge.counts().refused.size).toBe(0)
  })
})

test('tells where it is', async () => {
  const world = createWorld({ weights: even })
  const [first] = world.monitors
  await tickUntil(world, 20)
  expect(first?.agreement.status()).toEqual({
    era: 1n,
    attempt: 0,
    until: undefined,
    round: undefined,
    leader: undefined,
    batches: [],
    lastRefusal: undefined,
  })
  world.hasBlockAfter = () => false
  await tickUntil(world, 33)
  const all = expect.arrayContaining([0, 1, 2, 3].map(addressOf))
  expect(first?.agreement.status()).toMatchObject({ era: 1n, until: 30, round: 0, leader: undefined, batches: all })
  world.hasBlockAfter = (until) => until < world.time
  await world.runUntilPosted(1n, 10)
  const [leader] = leaderOrder([...world.signers], { blockHash, attempt: 0 })
  expect(first?.agreement.status()).toMatchObject({ era: 2n, until: undefined, round: undefined, leader, batches: [] })
})
