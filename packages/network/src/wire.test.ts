import { encode, Token, Type } from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadFrameError } from './errors.ts'
import { decodeWire, encodeWire } from './wire.ts'

test('plain data comes back as it was, bigints as bigints', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    fc.constant(null),
  )
  // An own key of this name survives the wire, but `toEqual` takes it for the prototype.
  const key = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__')
  const value = fc.oneof(scalar, fc.array(scalar), fc.dictionary(key, scalar, { noNullPrototype: true }))
  fc.assert(
    fc.property(value, (data) => {
      expect(decodeWire(encodeWire(data))).toEqual(data)
    }),
  )
})

test('bytes of any kind either decode or throw a BadFrameError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeWire(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(BadFrameError)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('64 levels are read and 65 are not, whatever stands beside them', () => {
  // The map and what is in it are two more.
  const nested = (levels: number): unknown => (levels === 0 ? 7n : [1, nested(levels - 1), { a: [2], b: 'c' }, []])
  for (const levels of [1, 61, 62]) expect(decodeWire(encodeWire(nested(levels)))).toEqual(nested(levels))
  expect(() => decodeWire(encodeWire(nested(63)))).toThrow(BadFrameError)
  expect(() => decodeWire(new Uint8Array([...Array(64).fill(0x81), 1]))).not.toThrow()
  expect(() => decodeWire(new Uint8Array([...Array(65).fill(0x81), 1]))).toThrow(BadFrameError)
})

test('what was read of a Buffer is not one', () => {
  const read = decodeWire(Buffer.from(encodeWire(Uint8Array.of(1, 2))))
  expect(Buffer.isBuffer(read)).toBe(false)
  expect(read).toEqual(Uint8Array.of(1, 2))
})

test.each<[string, Uint8Array]>([
  ['nested without end', new Uint8Array(60_000).fill(0x81)],
  ['a length beyond the data', Uint8Array.of(0x9b, 0, 0, 0, 1, 0, 0, 0, 0)],
  ['a key twice', Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2)],
  ['not a number', Uint8Array.of(0xf9, 0x7e, 0)],
  [
    'a bigint wider than any of ours',
    encode(0, {
      typeEncoders: { number: () => [new Token(Type.tag, 2), new Token(Type.bytes, new Uint8Array(33).fill(1))] },
    }),
  ],
])('%s is refused', (_, bytes) => {
  expect(() => decodeWire(bytes)).toThrow(BadFrameError)
})
