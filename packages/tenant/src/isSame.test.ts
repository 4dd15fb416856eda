import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSame } from './isSame.ts'

test('is the same as what Node says of plain values', () => {
  const values = fc.jsonValue({ depthSize: 'small' })
  fc.assert(fc.property(values, values, (one, other) => isSame(one, other) === isDeepStrictEqual(one, other)))
  fc.assert(fc.property(values, (value) => isSame(value, structuredClone(value))))
})

test('what is absent is not what is undefined, and lists are no objects', () => {
  expect(isSame({ a: undefined }, {})).toBe(false)
  expect(isSame([], {})).toBe(false)
  expect(isSame([1n, { b: 2, a: 1 }], [1n, { a: 1, b: 2 }])).toBe(true)
})
