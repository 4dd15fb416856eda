import fc from 'fast-check'
import { keccak256 } from 'viem'
import { expect, test } from 'vitest'
import { keccak, keccakInto } from './keccak.ts'
import { keccakModule } from './keccakModule.ts'

test('is keccak256 at every length around a block and past the buffer', () => {
  const bytes = Uint8Array.from({ length: 140_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff)
  for (const length of [...new Array(300).keys(), 65_279, 65_280, 65_281, 65_416, 130_560, 139_999])
    expect(keccak(bytes.subarray(0, length)), `${length} bytes`).toEqual(keccak256(bytes.subarray(0, length), 'bytes'))
})

test('is keccak256 of any bytes, also where source and target are one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(keccak(bytes)).toEqual(keccak256(bytes, 'bytes'))
      const both = new Uint8Array(bytes.length + 32)
      both.set(bytes)
      keccakInto(both, 0, bytes.length, both, 0)
      expect(both.subarray(0, 32)).toEqual(keccak256(bytes, 'bytes'))
    }),
  )
})

test('is small enough that every browser compiles it at once', () => {
  expect(keccakModule().length).toBeLessThan(4_096)
})
