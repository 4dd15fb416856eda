import { leaseId as leaseIdOf } from '@tender/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  bytes32,
  createScriptedMarket,
  leaseStores,
  manifestOf,
  never,
  openTestStore,
  orderOf,
  termsOf,
} from '../testKit.ts'
import { createLeaseBook, type LeaseBook } from './leaseBook.ts'
import type { LeaseMarket } from './leaseMarket.ts'

const terms = termsOf()
const id = leaseIdOf(terms)
let now: number
let chain: ReturnType<typeof createScriptedMarket>
let stores: ReturnType<typeof leaseStores>
let book: LeaseBook
const reopen = (market: Pick<LeaseMarket, 'view'> = chain.market) => createLeaseBook(stores, market)

beforeEach(() => {
  now = 1_000
  chain = createScriptedMarket(() => now)
  stores = leaseStores(openTestStore())
  book = reopen()
})

describe('a lease', () => {
  test('is recorded with what the chain says, and found again', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, { order: orderOf() }, never)
    expect(reopen().live()).toEqual([expect.objectContaining({ leaseId: id, phase: 'opened', order: orderOf() })])
    expect(reopen().get(id)).toMatchObject({ chain: { start: 1_000, stop: 4_600, secondsPaid: 0 } })
  })

  test('that the chain does not have is none', async () => {
    await book.open(terms, { order: orderOf() }, never)
    expect(book.live()).toEqual([])
  })

  test('is over as of its start when the chain loses it', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, { order: orderOf() }, never)
    chain.forget(terms)
    await book.refresh(id, never)
    expect(book.get(id)?.chain).toMatchObject({ stop: 1_000, resolved: true, released: true })
  })

  test('leaves the live ones when nothing is left to do, and is still known', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, {}, never)
    Object.assign(chain.lease(terms), { stop: 1_001, resolved: true, released: true })
    book.update(id, { phase: 'destroyed' })
    expect(book.live()).toHaveLength(1)
    await book.refresh(id, never)
    expect([book.live(), stores.live.entries()]).toEqual([[], []])
    expect(reopen().get(id)).toMatchObject({ phase: 'destroyed' })
  })
})

describe('news that come at once', () => {
  /** A chain whose answers wait to be let go, each with what it was when it was asked. */
  function slowChain() {
    const answers: (() => void)[] = []
    const view: LeaseMarket['view'] = async (...asked) => {
      const answer = await chain.market.view(...asked)
      return new Promise((resolve) => answers.push(() => resolve(answer)))
    }
    return { view, answers }
  }

  test('a second opening does not undo the manifest that came after the first', async () => {
    chain.open(terms, 4_600)
    const { view, answers } = slowChain()
    book = reopen({ view })
    const both = [book.open(terms, { order: orderOf() }, never), book.open(terms, { order: orderOf() }, never)]
    await expect.poll(() => answers.length).toBe(2)
    answers[0]?.()
    await both[0]
    book.update(id, { phase: 'accepted', manifest: manifestOf(bytes32(1)) })
    answers[1]?.()
    await both[1]
    expect(reopen().get(id)).toMatchObject({ phase: 'accepted', manifest: manifestOf(bytes32(1)) })
  })

  test('an answer from before the close does not overtake the one from after it', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, { order: orderOf() }, never)
    const { view, answers } = slowChain()
    book = reopen({ view })
    const before = book.refresh(id, never)
    await expect.poll(() => answers.length).toBe(1)
    now = 1_500
    chain.close(terms)
    const after = book.refresh(id, never)
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.()
    await after
    answers[0]?.()
    await before
    expect(book.get(id)?.chain.stop).toBe(1_500)
  })
})

describe('what is earned', () => {
  const told: bigint[] = []
  beforeEach(() => {
    told.length = 0
    book = createLeaseBook(stores, chain.market, (_terms, amount) => told.push(amount))
  })

  test('is told once for each settlement, with the smallest unit that rounding leaves', async () => {
    const odd = termsOf({ rate: 1_000n })
    chain.open(odd, 4_600)
    await book.open(odd, {}, never)
    for (const at of [1_001, 1_007, 1_013, 2_000]) {
      now = at
      await chain.market.settle([odd], never)
      await book.refresh(leaseIdOf(odd), never)
      await book.refresh(leaseIdOf(odd), never)
    }
    expect(told.reduce((sum, amount) => sum + amount, 0n)).toBe(277n)
    expect(told).toHaveLength(4)
  })

  test('is told again by no restart, and taken back with the chain', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, {}, never)
    now = 1_100
    await chain.market.settle([terms], never)
    await book.refresh(id, never)
    book = createLeaseBook(stores, chain.market, (_terms, amount) => told.push(amount))
    await book.refresh(id, never)
    Object.assign(chain.lease(terms), { secondsPaid: 40, settledUntil: 1_040 })
    await book.refresh(id, never)
    expect(told).toEqual([100n, -60n])
  })

  test('is told once there is room on the disk again, and counted meanwhile', async () => {
    chain.open(terms, 4_600)
    await book.open(terms, {}, never)
    const { set } = stores.live
    stores.live.set = () => {
      throw new Error('database or disk is full')
    }
    now = 1_100
    await chain.market.settle([terms], never)
    await expect(book.refresh(id, never)).rejects.toThrow('full')
    expect(book.get(id)?.chain.secondsPaid).toBe(100)
    stores.live.set = set
    told.length = 0
    await book.refresh(id, never)
    expect(told).toEqual([100n])
    expect(reopen().get(id)?.chain.secondsPaid).toBe(100)
  })
})
