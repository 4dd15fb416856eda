import { decodeWireFirst, encodeWire } from '@tender/network/testParsers'
import type { Pair } from './coverage.ts'
import { mutateTree } from './mutateTree.ts'
import type { Random } from './random.ts'
import { bytesOf, type Format, textOf } from './target.ts'

export type MutateOptions = {
  format: Format
  maxBytes: number
  words: readonly string[]
  /** What the parser compared lately. */
  pairs: readonly Pair[]
  /** Another input, to take parts of. */
  other: Uint8Array
}

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x0d, 0x30, 0x22, 0x5c]

/** Another input made of one: some bytes changed, or a place in its tree. */
export function mutate(input: Uint8Array, random: Random, options: MutateOptions): Uint8Array {
  const { format, maxBytes } = options
  const isTree = format === 'json' || format === 'cbor'
  let changed = input
  for (let left = 1 << random.int(4); left > 0; left--) {
    const tree = isTree && !random.oneIn(4) ? changedTree(changed, random, options) : undefined
    changed = tree ?? changedBytes(changed, random, options)
  }
  return changed.length > maxBytes ? changed.slice(0, maxBytes) : changed
}

function changedTree(
  input: Uint8Array,
  random: Random,
  { format, words, other }: MutateOptions,
): Uint8Array | undefined {
  try {
    const material = { words, other: read(format, other) }
    return written(format, mutateTree(read(format, input), random, material))
  } catch {
    // What does not parse, or cannot be written, is changed as bytes.
    return undefined
  }
}

/** CBOR's values one after the other, as a list; what is none is left out. */
function read(format: Format, input: Uint8Array): unknown {
  if (format === 'json') return JSON.parse(textOf(input))
  const values: unknown[] = []
  for (let rest = input; rest.length > 0; ) {
    const { value, tail } = decodeWireFirst(rest)
    values.push(value)
    rest = tail
  }
  return values
}

function written(format: Format, tree: unknown): Uint8Array {
  if (format === 'json')
    return bytesOf(JSON.stringify(tree, (_, value) => (typeof value === 'bigint' ? value.toString() : value)) ?? '')
  return joined((Array.isArray(tree) ? tree : [tree]).map(encodeWire))
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function changedBytes(input: Uint8Array, random: Random, options: MutateOptions): Uint8Array {
  const at = random.int(input.length + 1)
  const length = 1 + random.int(random.oneIn(4) ? input.length - at : 8)
  const [before, after] = [input.subarray(0, at), input.subarray(at + length)]
  switch (random.int(12)) {
    case 0:
      return withByte(input, at, (byte) => byte ^ (1 << random.int(8)))
    case 1:
      return withByte(input, at, () => random.pick(BYTES))
    case 2:
      return withByte(input, at, (byte) => byte + random.int(9) - 4)
    case 3:
      return joined([before, after])
    case 4:
      return joined([
        before,
        Uint8Array.from({ length: Math.min(length, 16) }, () => random.int(256)),
        input.subarray(at),
      ])
    case 5:
      return joined([before, input.subarray(at, at + length), input.subarray(at)])
    case 6:
      return joined([before, bytesOf(word(random, options)), random.oneIn(2) ? after : input.subarray(at)])
    case 7:
      return spliced(input, at, random, options.other)
    case 8:
      return withInteger(input, at, random)
    case 9:
      return withNumber(input, random)
    case 10:
      return repeated(input, at, length, random, options.maxBytes)
    default:
      return withPair(input, random, options.pairs) ?? withByte(input, at, () => random.int(256))
  }
}

function withByte(input: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = input.slice()
  if (at < changed.length) changed[at] = change(changed[at] ?? 0)
  return changed
}

function word(random: Random, { words }: MutateOptions): string {
  return words.length === 0 ? '0' : random.pick(words)
}

function spliced(input: Uint8Array, at: number, random: Random, other: Uint8Array): Uint8Array {
  const from = random.int(other.length)
  const part = other.subarray(from, from + 1 + random.int(other.length - from))
  return joined([input.subarray(0, at), part, random.oneIn(2) ? input.subarray(at) : input.subarray(at + part.length)])
}

const INTEGERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/** A length or a count, as formats write them. */
function withInteger(input: Uint8Array, at: number, random: Random): Uint8Array {
  const changed = input.slice()
  const size = random.pick([1, 2, 4])
  if (at + size > changed.length) return changed
  const view = Buffer.from(changed.buffer, changed.byteOffset, changed.byteLength)
  const now = view.readUIntBE(at, size)
  const value = (random.oneIn(2) ? random.pick(INTEGERS) : Math.max(0, now + random.int(33) - 16)) % 256 ** size
  if (random.oneIn(2)) view.writeUIntBE(value, at, size)
  else view.writeUIntLE(value, at, size)
  return changed
}

/** Another number in the place of one that is written out. */
function withNumber(input: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(input).toString('latin1')
  const numbers = [...text.matchAll(/\d+/g)]
  if (numbers.length === 0) return input
  const { 0: digits, index } = random.pick(numbers)
  const value = random.pick([
    '0',
    '1',
    '-1',
    '00',
    '9'.repeat(1 + random.int(40)),
    String(Number(digits) + 1),
    `${digits}.5`,
    '1e9',
  ])
  return new Uint8Array(Buffer.from(text.slice(0, index) + value + text.slice(index + digits.length), 'latin1'))
}

/** Many times the same: what a parser does more than once for each shows. */
function repeated(input: Uint8Array, at: number, length: number, random: Random, maxBytes: number): Uint8Array {
  const part = input.subarray(at, at + length)
  if (part.length === 0) return input
  const most = Math.floor((maxBytes - input.length) / part.length)
  const times = random.int(Math.min(most, random.oneIn(20) ? most : 64))
  return joined([input.subarray(0, at), ...Array.from({ length: Math.max(times, 0) }, () => part), input.subarray(at)])
}

/** What was compared with something, made to be that. */
function withPair(input: Uint8Array, random: Random, pairs: readonly Pair[]): Uint8Array | undefined {
  if (pairs.length === 0) return undefined
  const pair = random.pick(pairs)
  const [from, to] = random.oneIn(2) ? pair : [pair[1], pair[0]]
  for (const [needle, replacement] of writings(from, to)) {
    const at = Buffer.from(input.buffer, input.byteOffset, input.byteLength).indexOf(needle)
    if (at >= 0) return joined([input.subarray(0, at), replacement, input.subarray(at + needle.length)])
  }
  return undefined
}

function writings(from: string | number, to: string | number): [Uint8Array, Uint8Array][] {
  const texts: [Uint8Array, Uint8Array][] = [[bytesOf(String(from)), bytesOf(String(to))]]
  if (typeof from === 'string' || typeof to === 'string') return texts
  const octal: [Uint8Array, Uint8Array] = [bytesOf(from.toString(8)), bytesOf(to.toString(8))]
  const binary = [2, 4].flatMap((size): [Uint8Array, Uint8Array][] => {
    if (Math.max(from, to) >= 256 ** size || Math.min(from, to) < 0) return []
    const big = (value: number) => Uint8Array.from({ length: size }, (_, at) => (value / 256 ** (size - 1 - at)) & 0xff)
    return [
      [big(from), big(to)],
      [big(from).reverse(), big(to).reverse()],
    ]
  })
  return [...texts, octal, ...binary]
}
