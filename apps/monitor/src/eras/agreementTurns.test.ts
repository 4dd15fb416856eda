import { keccak256, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { leaderOrder } from './schedule.ts'
import { addressOf, createWorld, type Effect, even, type World } from './testAgreements.ts'

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
