import { zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { recountable, recountedEras } from './recountable.ts'

const disputesOf = (eras: readonly bigint[]) =>
  eras.map((era, index) => ({ dispute: BigInt(index + 1), lease: zeroHash, era }))

test('a recount is of an era whose data is still there', () => {
  const facts = { era: 20n, disputes: disputesOf([3n, 4n, 19n, 20n, 21n]) }
  expect(recountable(facts).map(({ era }) => era)).toEqual([4n, 19n])
})

test('the first to come are recounted, and no number of them is too much', () => {
  const facts = { era: 20n, disputes: disputesOf([19n, 10n, 18n, 11n, 17n, 19n]) }
  expect(recountable(facts).map(({ dispute }) => dispute)).toEqual([1n, 2n, 3n, 4n, 6n])
  expect(recountedEras(facts)).toEqual([10n, 11n, 18n, 19n])
  expect(recountable({ era: 20n, disputes: disputesOf(Array.from({ length: 1_000 }, () => 19n)) })).toHaveLength(64)
})
