import type { Hex } from 'viem'
import { TenderError } from '../errors.ts'
import { compareBytes, hexOf, writeHex } from './bytes.ts'
import type { List } from './types.ts'

// The one way in which era data becomes bytes: integers big-endian and of fixed width, hex as its bytes, lists with their length
// in front. Records that are sorted begin with what they are sorted by, so that bytes and values have the same order.

/** What the first byte of everything packed says. */
export const formats = { batch: 1, facts: 2, state: 3, probes: 4 } as const

/** How a record is packed. */
export type RecordFormat<T> = {
  name: string
  /** How many of the first bytes rise from record to record; 0: they are in no order. */
  key: number
  /** At most so many records. */
  most: number
  write(writer: Writer, record: T): void
  /** Checks whatever a reader must not take. */
  read(reader: Reader): T
}

/** A list in bytes: records are read when they are asked for. */
export type PackedList<T> = List<T> & { readonly packed: { bytes: Uint8Array; from: number; width: number } }

export type Writer = ReturnType<typeof createWriter>
export type Reader = ReturnType<typeof readerOver>

/** The bytes are not what a value of this format is written as. */
export function notCanonical(what: string, at?: number, cause?: unknown): TenderError {
  return new TenderError(`not canonical: ${what}${at === undefined ? '' : ` at byte ${at}`}`, {
    code: 'notCanonical',
    class: 'user',
    data: { what, at },
    cause,
  })
}

/** Collects bytes, about `expected` of them. @throws {TenderError} `notCanonical` for values that do not fit. */
export function createWriter(format: keyof typeof formats, expected = 1_024) {
  let bytes = new Uint8Array(expected)
  let view = new DataView(bytes.buffer)
  let length = 0
  /** Makes room for `more` bytes, in which `value` has to fit; their place. May replace `bytes` and `view`. */
  const grow = (more: number, value = 0): number => {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** more)
      throw notCanonical(`${value} is no integer of ${more} bytes`)
    const at = length
    length += more
    if (length > bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * bytes.length))
      larger.set(bytes)
      bytes = larger
      view = new DataView(larger.buffer)
    }
    return at
  }
  const writer = {
    u8(value: number) {
      const at = grow(1, value)
      view.setUint8(at, value)
    },
    u16(value: number) {
      const at = grow(2, value)
      view.setUint16(at, value)
    },
    u32(value: number) {
      const at = grow(4, value)
      view.setUint32(at, value)
    },
    u40(value: number) {
      const at = grow(5, value)
      view.setUint8(at, Math.floor(value / 2 ** 32))
      view.setUint32(at + 1, value % 2 ** 32)
    },
    /** So many 64-bit words. */
    big(value: bigint, words: number) {
      const at = grow(8 * words)
      // Of what is below zero, ones are left.
      if (value >> BigInt(64 * words) !== 0n) throw notCanonical(`${value} has more than ${words * 64} bits`)
      for (let word = 0; word < words; word++)
        view.setBigUint64(at + 8 * word, value >> BigInt(64 * (words - 1 - word)))
    },
    hex(value: Hex, size: number) {
      if (value.length !== 2 + 2 * size || !isLowerHex(value))
        throw notCanonical(`${value} is not ${size} bytes of lower-case hex`)
      const at = grow(size)
      writeHex(value, bytes, at)
    },
    /** UTF-8, its length in front. */
    text(value: string, most: number) {
      const text = new TextEncoder().encode(value)
      writer.u16(upTo(most, text.length, 'bytes of a text'))
      const at = grow(text.length)
      bytes.set(text, at)
    },
    list<T>(format: RecordFormat<T>, list: List<T>) {
      if (list.length > format.most) throw notCanonical(`more than ${format.most} ${format.name}s`)
      writer.u32(list.length)
      let previous = -1
      for (const record of list) {
        const at = length
        format.write(writer, record)
        if (previous >= 0 && format.key > 0 && compareBytes(bytes, previous, bytes, at, format.key) >= 0)
          throw unsorted(format, at)
        previous = at
      }
    },
    done: () => bytes.subarray(0, length),
  }
  writer.u8(formats[format])
  return writer
}

/** Reads bytes from their start. @throws {TenderError} `notCanonical` wherever they are not what a writer would have written. */
export function createReader(format: keyof typeof formats, bytes: Uint8Array) {
  const reader = readerOver(bytes)
  if (reader.u8() !== formats[format]) throw notCanonical(`it is no ${format}`, 0)
  return reader
}

/** Bytes that are no UTF-8 are refused, and a byte order mark is kept: else two byte strings would be one text. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readerOver(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let next = 0
  /** While records are only checked, their hex is not made: any bytes are good hex. */
  let skimming = false
  const skip = (size: number): number => {
    const at = next
    next += size
    if (next > bytes.length) throw notCanonical('it ends too early', at)
    return at
  }
  const each = <T>(format: RecordFormat<T>, use: (record: T) => void): number => {
    const count = view.getUint32(skip(4))
    if (count > format.most) throw notCanonical(`more than ${format.most} ${format.name}s`, next)
    for (let index = 0, previous = -1; index < count; index++) {
      const at = next
      use(format.read(reader))
      if (previous >= 0 && format.key > 0 && compareBytes(bytes, previous, bytes, at, format.key) >= 0)
        throw unsorted(format, at)
      previous = at
    }
    return count
  }
  const reader = {
    at: () => next,
    seek(at: number) {
      next = at
    },
    u8: () => view.getUint8(skip(1)),
    u16: () => view.getUint16(skip(2)),
    u32: () => view.getUint32(skip(4)),
    u40(): number {
      const at = skip(5)
      return view.getUint8(at) * 2 ** 32 + view.getUint32(at + 1)
    },
    /** So many 64-bit words. */
    big(words: number): bigint {
      const at = skip(8 * words)
      let value = view.getBigUint64(at)
      for (let word = 1; word < words; word++) value = (value << 64n) | view.getBigUint64(at + 8 * word)
      return value
    },
    hex(size: number): Hex {
      const at = skip(size)
      return skimming ? '0x' : hexOf(bytes, at, size)
    },
    text(most: number): string {
      const size = upTo(most, reader.u16(), 'bytes of a text')
      const at = skip(size)
      try {
        return decoder.decode(bytes.subarray(at, at + size))
      } catch (error) {
        throw notCanonical('text that is not UTF-8', at, error)
      }
    },
    /** Reads and checks all. */
    list<T>(format: RecordFormat<T>): T[] {
      const records: T[] = []
      each(format, (record) => records.push(record))
      return records
    },
    /** Checks all and keeps none: for records of fixed width. */
    packed<T>(format: RecordFormat<T>): PackedList<T> {
      skimming = true
      const from = next + 4
      const count = each(format, () => {})
      skimming = false
      return packedList(format, bytes, { from, width: count === 0 ? 0 : (next - from) / count }, count)
    },
    done() {
      if (next !== bytes.length) throw notCanonical('bytes follow the end', next)
    },
  }
  return reader
}

function packedList<T>(
  format: RecordFormat<T>,
  bytes: Uint8Array,
  { from, width }: { from: number; width: number },
  length: number,
): PackedList<T> {
  const reader = readerOver(bytes)
  const read = (index: number): T => {
    reader.seek(from + index * width)
    return format.read(reader)
  }
  return {
    length,
    packed: { bytes, from, width },
    at: (index) => (index >= 0 && index < length ? read(index) : undefined),
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield read(index)
    },
  }
}

/** The value, if it is at most `most`. */
export function upTo(most: number, value: number, what: string): number {
  if (value > most) throw notCanonical(`${what} is ${value}, above ${most}`)
  return value
}

function unsorted<T>(format: RecordFormat<T>, at: number): TenderError {
  return notCanonical(`${format.name}s are not sorted or one is there twice`, at)
}

function isLowerHex(value: Hex): boolean {
  for (let index = 2; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false
  }
  return value.startsWith('0x')
}
