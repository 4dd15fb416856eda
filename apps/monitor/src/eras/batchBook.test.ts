import { openStore } from '@tender/kit'
import type { SignedBatchHeader } from '@tender/network'
import { getAddress, type Hex, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { areSorted, openBatchBook, seatOf, twiceIn } from './batchBook.ts'
import { addressOf, reports } from './testAgreements.ts'

const word = (number: number): Hex => numberToHex(number, { size: 32 })
const signature: Hex = `0x${'11'.repeat(65)}`

const batch = (era: bigint, monitor: number, digest: number): SignedBatchHeader => ({
  header: { reports: getAddress(reports), era, monitor: addressOf(monitor), digest: word(digest) },
  signature,
  bytes: 100,
})

test('one’s own batch of an era is sealed once, whatever it says', () => {
  const book = openBatchBook(openStore({ file: ':memory:' }))
  const own = { ...batch(1n, 0, 1), until: 30 }
  expect(book.own(1n)).toBeUndefined()
  book.seal(own)
  expect(book.own(1n)).toEqual(own)
  expect(book.of(1n)).toEqual([batch(1n, 0, 1)])
  expect(() => book.seal({ ...batch(1n, 0, 2), until: 60 })).toThrow('a batch of era 1 is sealed')
  expect(() => book.seal(own)).toThrow('sealed')
  expect(book.own(1n)).toEqual(own)
})

test('of each monitor two are kept, and told if they are new', () => {
  const book = openBatchBook(openStore({ file: ':memory:' }))
  expect([1, 1, 2, 2, 3].map((digest) => book.keep(batch(1n, 7, digest)))).toEqual([true, false, true, false, false])
  expect(book.keep(batch(1n, 8, 1))).toBe(true)
  expect(book.keep(batch(2n, 7, 3))).toBe(true)
  expect(book.of(1n)).toEqual([batch(1n, 7, 1), batch(1n, 7, 2), batch(1n, 8, 1)])
})

test('eras before one are forgotten, that one and later ones are not', () => {
  const book = openBatchBook(openStore({ file: ':memory:' }))
  for (const era of [1n, 2n, 10n]) {
    book.seal({ ...batch(era, 0, 1), until: 30 })
    book.keep(batch(era, 7, 1))
  }
  book.forgetBefore(2n)
  expect([1n, 2n, 10n].map((era) => [book.own(era) !== undefined, book.of(era).length])).toEqual([
    [false, 0],
    [true, 2],
    [true, 2],
  ])
})

test('who signed two of one era is told from who signed one of two', () => {
  const list = [batch(1n, 7, 1), batch(1n, 7, 2), batch(1n, 8, 1), batch(2n, 8, 2)]
  expect(twiceIn(list)).toEqual(new Set([seatOf(batch(1n, 7, 1))]))
})

test('sorted is by era, monitor and digest, nothing twice and at most two of one monitor', () => {
  const sorted = [batch(1n, 8, 1), batch(2n, 7, 1), batch(2n, 7, 2), batch(2n, 8, 1), batch(10n, 7, 1)]
  expect(areSorted([])).toBe(true)
  expect(areSorted(sorted)).toBe(true)
  for (let at = 1; at < sorted.length; at++) {
    const swapped = sorted.with(at, sorted[at - 1] ?? batch(1n, 1, 1)).with(at - 1, sorted[at] ?? batch(1n, 1, 1))
    expect(areSorted(swapped)).toBe(false)
  }
  expect(areSorted([batch(1n, 7, 1), batch(1n, 7, 1)])).toBe(false)
  expect(areSorted([batch(1n, 7, 1), batch(1n, 7, 2), batch(1n, 7, 3)])).toBe(false)
})
