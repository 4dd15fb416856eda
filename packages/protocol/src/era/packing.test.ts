import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { createReader, createWriter, type RecordFormat } from './packing.ts'

const pair: RecordFormat<{ key: number; value: Hex }> = {
  ...{ name: 'pair', key: 1, most: 3 },
  write(writer, { key, value }) {
    writer.u8(key)
    writer.hex(value, 2)
  },
  read: (reader) => ({ key: reader.u8(), value: reader.hex(2) }),
}
const pairs = (...keys: number[]) => keys.map((key) => ({ key, value: '0x0a9f' as const }))
const refused = expect.objectContaining({ code: 'notCanonical' })

/** Bytes of a batch that begin with these values, and go on with what `write` adds. */
function written(write: (writer: ReturnType<typeof createWriter>) => void, expected?: number): Uint8Array {
  const writer = createWriter('batch', expected)
  write(writer)
  return writer.done()
}

test('numbers are as wide as their field, and nothing that is larger, smaller or no integer goes in', () => {
  const bytes = written((writer) => {
    writer.u8(255)
    writer.u16(65_535)
    writer.u32(2 ** 32 - 1)
    writer.u40(2 ** 40 - 1)
    writer.big(2n ** 128n - 2n, 2)
    writer.big(0n, 1)
  }, 1)
  const reader = createReader('batch', bytes)
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u40()]).toEqual([255, 65_535, 2 ** 32 - 1, 2 ** 40 - 1])
  expect([reader.big(2), reader.big(1)]).toEqual([2n ** 128n - 2n, 0n])
  reader.done()
  const wrong: ((writer: ReturnType<typeof createWriter>) => void)[] = [
    (writer) => writer.u8(256),
    (writer) => writer.u16(65_536),
    (writer) => writer.u32(-1),
    (writer) => writer.u40(0.5),
    (writer) => writer.big(-1n, 2),
    (writer) => writer.big(2n ** 128n, 2),
  ]
  for (const write of wrong) expect(() => written(write)).toThrow(refused)
  expect(() => written((writer) => writer.big(2n ** 128n, 2))).toThrow(/128 bits/)
})

test('hex is of lower-case digits alone', () => {
  for (const value of ['0x0A9f', '0x0a9g', '0x0a9/', '0x0a9', '0y0a9f'] as Hex[])
    expect(() => written((writer) => writer.hex(value, 2))).toThrow(refused)
})

test('a text is read as it was written, a byte order mark too', () => {
  const text = '\ufeffplainly'
  const reader = createReader(
    'batch',
    written((writer) => writer.text(text, 40)),
  )
  expect(reader.text(40)).toBe(text)
})

test('a list has as many records as it may, sorted, each once; so it is read too', () => {
  const bytes = written((writer) => writer.list(pair, pairs(1, 2, 3)))
  expect(createReader('batch', bytes).list(pair)).toEqual(pairs(1, 2, 3))
  for (const keys of [
    [1, 2, 3, 4],
    [2, 1],
    [1, 1],
  ])
    expect(() => written((writer) => writer.list(pair, pairs(...keys)))).toThrow(refused)
  const loose = { ...pair, key: 0, most: 9 }
  for (const keys of [
    [1, 2, 3, 4],
    [2, 1],
    [1, 1],
  ]) {
    const unchecked = written((writer) => writer.list(loose, pairs(...keys)))
    expect(() => createReader('batch', unchecked).list(pair)).toThrow(refused)
    expect(() => createReader('batch', unchecked).packed(pair)).toThrow(refused)
    expect(createReader('batch', unchecked).list(loose)).toEqual(pairs(...keys))
  }
})

test('what is packed is read where it lies, and has nothing before or after its records', () => {
  const reader = createReader(
    'batch',
    written((writer) => writer.list(pair, pairs(1, 2, 3))),
  )
  const packed = reader.packed(pair)
  reader.done()
  expect(packed.packed.width).toBe(3)
  expect([-1, 0, 2, 3].map((index) => packed.at(index))).toEqual([undefined, pairs(1)[0], pairs(3)[0], undefined])
  expect([...packed]).toEqual(pairs(1, 2, 3))
  const none = createReader(
    'batch',
    written((writer) => writer.list(pair, [])),
  ).packed(pair)
  expect(none.packed.width).toBe(0)
  expect([...none]).toEqual([])
})

test('what is wrong is told with its place', () => {
  const bytes = written((writer) => writer.u8(1))
  const reader = createReader('batch', bytes)
  expect(reader.at()).toBe(1)
  expect(() => reader.u16()).toThrow(
    expect.objectContaining({
      message: 'not canonical: it ends too early at byte 1',
      data: { what: 'it ends too early', at: 1 },
    }),
  )
  const message = 'not canonical: 256 is no integer of 1 bytes'
  expect(() => written((writer) => writer.u8(256))).toThrow(expect.objectContaining({ message }))
})
