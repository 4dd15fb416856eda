import { openStore } from '@tender/kit'
import type { Report } from '@tender/protocol'
import { getAddress, type Hex, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { isSame, openSignatureBook } from './signatureBook.ts'

const word = (number: number): Hex => numberToHex(number, { size: 32 })
const report: Report = {
  reports: getAddress('0x00000000000000000000000000000000000000aa'),
  era: 3n,
  attempt: 1,
  round: 2,
  root: word(1),
  coveredUntil: 90,
  dataHash: word(2),
}
/** One for each part of a report that can be another. */
const others: Report[] = [
  { ...report, reports: getAddress('0x00000000000000000000000000000000000000bb') },
  { ...report, era: 4n },
  { ...report, attempt: 2 },
  { ...report, round: 3 },
  { ...report, root: word(3) },
  { ...report, coveredUntil: 120 },
  { ...report, dataHash: word(3) },
]
const isOfRound = ({ era, attempt, round }: Report) => era === 3n && attempt === 1 && round === 2

function open(store = openStore({ file: ':memory:' })) {
  const signed: Report[] = []
  const book = openSignatureBook(store, async (one) => {
    // It is kept before anybody can see the signature.
    expect(book.signed(one)).toEqual(one)
    signed.push(one)
    return '0x1234'
  })
  return { store, signed, book }
}

test('a report is the same if all of it is, whatever letters an address is written in', () => {
  expect(isSame(report, { ...report })).toBe(true)
  // CAST: an address in small letters
  expect(isSame(report, { ...report, reports: report.reports.toLowerCase() as Hex })).toBe(true)
  for (const other of others) {
    expect(isSame(report, other)).toBe(false)
    expect(isSame(other, report)).toBe(false)
  }
})

test('one report of a round is signed, again and again, and never another one', async () => {
  const { store, signed, book } = open()
  expect(book.signed(report)).toBeUndefined()
  expect(await book.sign(report)).toBe('0x1234')
  expect(await book.sign({ ...report })).toBe('0x1234')
  expect(signed).toHaveLength(2)
  for (const other of others.filter(isOfRound)) {
    expect(() => book.sign(other)).toThrow(
      expect.objectContaining({
        code: 'alreadySigned',
        class: 'conflict',
        message: 'another report of era 3 was signed in attempt 1, round 2',
        data: { era: 3n, attempt: 1, round: 2, root: report.root },
      }),
    )
  }
  expect(signed).toHaveLength(2)
  for (const other of others.filter((one) => !isOfRound(one))) expect(await book.sign(other)).toBe('0x1234')

  // After a restart it still knows.
  const again = open(store)
  expect(again.book.signed(report)).toEqual(report)
  expect(() => again.book.sign({ ...report, root: word(9) })).toThrow('another report')
  expect(again.signed).toEqual([])
})

test('what was signed of eras before one is forgotten, of that one and later ones it is not', async () => {
  const { book } = open()
  const eras = [2n, 3n, 10n].map((era) => ({ ...report, era }))
  for (const one of eras) await book.sign(one)
  book.forgetBefore(3n)
  expect(eras.map((one) => book.signed(one) !== undefined)).toEqual([false, true, true])
})
