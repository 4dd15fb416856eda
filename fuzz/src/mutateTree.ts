import type { Random } from './random.ts'

/** What the mutations of one input may draw on. */
export type Material = {
  words: readonly string[]
  /** Another input, as a tree. */
  other?: unknown
}

const NUMBERS = [
  0,
  -1,
  1,
  2,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 48,
  2 ** 53 - 1,
  2 ** 53,
  0.5,
  1e300,
]
const BIGINTS = [0n, 1n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 96n, 2n ** 128n, 2n ** 256n - 1n]
const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e3',
  '00',
  '0x',
  '0x0',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\n',
  '\ud800',
  '\ufffd',
  'é',
  '𝒳',
  '/',
  '..',
  '../..',
  '%00',
  '$' + '{A}',
  '*',
  '&a',
  '\u202e',
  'ﬁ',
]
const DEEPEST = 2_000

type Place = {
  holder: Map<unknown, unknown> | unknown[] | Record<string, unknown>
  key: string | number
  value: unknown
}

/** Changes one place of a tree of JSON's or CBOR's values; the tree itself may be changed. */
export function mutateTree(tree: unknown, random: Random, material: Material): unknown {
  const root = { tree }
  const places = placesIn(root)
  const place = places[random.int(places.length)]
  if (!place) return scalar(random, material)
  const { holder, key, value } = place
  switch (random.int(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else if (holder !== root) delete recordOf(holder)[key]
      break
    case 1:
      if (Array.isArray(holder)) repeat(holder, Number(key), random)
      else setAt(holder, random.oneIn(2) ? word(random, material) : key, structuredClone(value))
      break
    case 2:
      swap(place, random.pick(places))
      break
    case 3:
      setAt(holder, key, structuredClone(subtree(material.other, random)))
      break
    case 4:
      setAt(
        holder,
        key,
        random.oneIn(20)
          ? nested(value, random.int(DEEPEST))
          : random.oneIn(2)
            ? [value]
            : { [word(random, material)]: value },
      )
      break
    case 5:
      setAt(holder, key, scalar(random, material))
      break
    default:
      setAt(holder, key, changed(value, random, material))
  }
  return root.tree
}

function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = []
  const waiting: (Record<string, unknown> | unknown[])[] = [root]
  for (let holder = waiting.pop(); holder; holder = waiting.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder, key, value })
      if (Array.isArray(value)) waiting.push(value)
      else if (isRecord(value)) waiting.push(value)
    }
  }
  return places
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function recordOf(holder: Place['holder']): Record<string | number, unknown> {
  // CAST: places are within arrays and records only, and both are written to by key
  return holder as Record<string | number, unknown>
}

function setAt(holder: Place['holder'], key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

function repeat(list: unknown[], at: number, random: Random): void {
  const times = random.oneIn(10) ? random.int(300) : 1
  list.splice(at, 0, ...Array.from({ length: times }, () => structuredClone(list[at])))
}

function swap(one: Place, other: Place): void {
  const value = structuredClone(other.value)
  setAt(other.holder, other.key, structuredClone(one.value))
  setAt(one.holder, one.key, value)
}

function subtree(tree: unknown, random: Random): unknown {
  const places = placesIn({ tree })
  return places.length === 0 ? undefined : random.pick(places).value
}

function nested(value: unknown, depth: number): unknown {
  let tree = value
  for (let level = 0; level < depth; level++) tree = [tree]
  return tree
}

function word(random: Random, { words }: Material): string {
  return words.length === 0 || random.oneIn(4) ? random.pick(TEXTS) : random.pick(words)
}

function scalar(random: Random, material: Material): unknown {
  switch (random.int(7)) {
    case 0:
      return random.pick(NUMBERS)
    case 1:
      return random.pick(BIGINTS)
    case 2:
      return random.oneIn(2)
    case 3:
      return null
    case 4:
      return random.oneIn(2) ? [] : {}
    default:
      return word(random, material)
  }
}

function changed(value: unknown, random: Random, material: Material): unknown {
  if (typeof value === 'number') return random.oneIn(2) ? random.pick(NUMBERS) : value + random.int(5) - 2
  if (typeof value === 'bigint') return random.oneIn(2) ? random.pick(BIGINTS) : value + BigInt(random.int(5) - 2)
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string') return changedText(value, random, material)
  if (value instanceof Uint8Array && value.length > 0) {
    const bytes = value.slice(0, random.oneIn(4) ? random.int(value.length) : value.length)
    if (bytes.length > 0) bytes[random.int(bytes.length)] = random.int(256)
    return bytes
  }
  return scalar(random, material)
}

function changedText(text: string, random: Random, material: Material): string {
  const at = random.int(text.length + 1)
  switch (random.int(6)) {
    case 0:
      return text.slice(0, at) + word(random, material) + text.slice(at)
    case 1:
      return text.slice(0, at)
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + random.int(4))
    case 3:
      return (
        text.slice(0, at) +
        String.fromCharCode(random.oneIn(2) ? 32 + random.int(95) : random.int(0x300)) +
        text.slice(at + 1)
      )
    case 4:
      return text.repeat(2 + random.int(random.oneIn(10) ? 2_000 : 4)).slice(0, 100_000)
    default:
      return word(random, material)
  }
}
