import { leaseId as leaseIdOf, TenderError } from '@tender/protocol'
import { expect, test } from 'vitest'
import { createLeaseBook } from '../leases/leaseBook.ts'
import { bytes32, createScriptedMarket, leaseStores, never, openTestStore, silent, termsOf } from '../testKit.ts'
import { createReports } from './createReports.ts'
import type { ReportSource } from './reportSource.ts'
import { type Standing, standingSchema } from './standing.ts'

/** A lease from 1,000 to 5,000, monitored, and a chain and monitors that are played. */
async function setUp(keep: (standing: Standing) => Promise<void> = async () => {}) {
  let now = 1_000
  const chain = createScriptedMarket(() => now)
  const store = openTestStore()
  const book = createLeaseBook(leaseStores(store), chain.market)
  const terms = termsOf({ uptimeBps: 9_900 })
  chain.open(terms, 5_000)
  await book.open(terms, {}, never)
  const asked: bigint[] = []
  let tells = true
  const source: ReportSource = {
    ...chain.reports,
    async leaves(report, of) {
      asked.push(report.era)
      if (!tells) return []
      if ('leases' in of) return chain.reports.leaves(report, of)
      return [{ leaf: { kind: 'provider', provider: 7n, score: 100, rewards: 0n, slashed: 0n }, proof: [bytes32(5)] }]
    },
  }
  let changes = 0
  const standings = store.collection('standings', standingSchema)
  const reports = createReports({
    provider: 7n,
    leases: book,
    standings,
    keep,
    changed: () => {
      changes += 1
    },
    nowSeconds: () => now,
    log: silent,
  })
  return {
    chain,
    book,
    terms,
    asked,
    reports,
    changes: () => changes,
    reported: () => book.get(leaseIdOf(terms))?.reported,
    look: () => reports.look(source, never),
    at: (second: number) => {
      now = second
    },
    set tells(yes: boolean) {
      tells = yes
    },
  }
}

test('a report is asked for once, and what it says is kept', async () => {
  const world = await setUp()
  await world.look()
  expect(world.reports.reporting()).toEqual({ coveredUntil: 0, fallbackOpen: false })
  expect([world.asked, world.changes()]).toEqual([[], 0])
  world.at(2_000)
  world.chain.report(9_000)
  for (let count = 0; count < 10; count++) await world.look()
  expect(world.reports.reporting()).toEqual({ coveredUntil: 2_000, fallbackOpen: false })
  expect(world.reported()).toEqual({ era: 1n, coveredUntil: 2_000, served: 900, proof: [], credit: 0n })
  expect(world.reports.standing()).toMatchObject({ era: 1n, score: 100, proof: [bytes32(5)] })
  expect(world.asked).toEqual([1n, 1n])
  world.at(3_000)
  world.chain.report(9_000)
  await world.look()
  expect(world.reported()).toMatchObject({ era: 2n, served: 1_800 })
})

test('whoever tells nothing is asked ever less often, and again at once of the next report', async () => {
  const world = await setUp()
  world.tells = false
  world.at(2_000)
  world.chain.report(9_000)
  for (let count = 0; count < 16; count++) await world.look()
  expect(world.asked).toHaveLength(2 * 5)
  expect(world.reported()).toBeUndefined()
  world.tells = true
  world.at(3_000)
  world.chain.report(9_000)
  await world.look()
  expect(world.reported()).toMatchObject({ era: 2n })
})

test('nothing more is asked of a lease whose last word is known, that is paid, or settled by time', async () => {
  const world = await setUp()
  world.at(6_000)
  world.chain.report(10_000)
  await world.look()
  expect(world.reported()).toMatchObject({ era: 1n, served: 4_000 })
  world.at(7_000)
  world.chain.report(10_000)
  await world.look()
  expect(world.reported()).toMatchObject({ era: 1n })

  const other = await setUp()
  other.chain.openFallback()
  await other.look()
  await other.chain.market.fallBack(other.terms, undefined, never)
  await other.book.refresh(leaseIdOf(other.terms), never)
  other.at(2_000)
  other.chain.report(10_000)
  await other.look()
  expect(other.reported()).toBeUndefined()
})

test('an open fallback is used only after monitors had another era to come back', async () => {
  const world = await setUp()
  const isOpen = () => world.reports.reporting().fallbackOpen
  world.chain.openFallback()
  await world.look()
  world.at(1_029)
  await world.look()
  expect(isOpen()).toBe(false)
  world.at(1_030)
  expect(isOpen()).toBe(true)
  world.chain.report(10_000)
  await world.look()
  expect(isOpen()).toBe(false)
  world.chain.openFallback()
  world.at(1_100)
  await world.look()
  expect(isOpen()).toBe(false)
})

test("the standing is taken to the chain until that is done, and learnt anew if the chain doesn't know it", async () => {
  const taken: bigint[] = []
  let answer: Error | undefined = new Error('no gas')
  const world = await setUp(async ({ era }) => {
    taken.push(era)
    if (answer) throw answer
  })
  world.at(2_000)
  world.chain.report(9_000)
  await expect(world.look()).rejects.toThrow('no gas')
  answer = new TenderError('not in the report', { code: 'noLeaf', class: 'chain' })
  await expect(world.look()).rejects.toThrow('not in the report')
  expect(world.reports.standing()).toBeUndefined()
  answer = undefined
  for (let count = 0; count < 4; count++) await world.look()
  expect(world.reports.standing()).toMatchObject({ era: 1n })
  expect(taken).toEqual([1n, 1n, 1n])
})
