import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMPARE, COUNTERS, instrument } from './instrument.ts'

/** Room for the blocks of all that is instrumented. */
const MOST_BLOCKS = 1 << 18
/** Comparisons that are remembered: the newest. */
const MOST_PAIRS = 256
const MOST_PAIR_LETTERS = 64

/** Two things that were compared and were not the same. */
export type Pair = readonly [string | number, string | number]

/** What instrumented code did, in this thread. */
export type Coverage = {
  /** How often each block ran since this was last filled with zeros, up to 255; of `used()` of them. */
  readonly counters: Uint8Array
  used(): number
  /** Unequal pairs, the newest among them. */
  readonly pairs: readonly Pair[]
  /** Blocks of each file, by its path from the root: the number of its first, and how many. */
  readonly files: ReadonlyMap<string, { first: number; blocks: number; words: readonly string[] }>
}

/** Libraries whose branches say how far an input got in a format that we leave to them. */
const LIBRARIES =
  /\/node_modules\/(cborg|yaml|@ipld\/dag-pb|@ipld\/dag-cbor|multiformats|ipfs-unixfs|protons-runtime|uint8-varint)\//
const NOT_PARSERS = /\/generated\/|\/fuzz\/|\/packages\/abi\/|keccak/

/** Instruments every module of the rooms, and of some libraries, that this thread loads from now on. */
export function instrumentModules(root: string): Coverage {
  const counters = new Uint8Array(MOST_BLOCKS)
  const files = new Map<string, { first: number; blocks: number; words: readonly string[] }>()
  const pairs: Pair[] = []
  let used = 0
  let told = 0
  const same = (left: unknown, right: unknown): boolean => {
    if (left === right) return true
    if (isTellable(left) && isTellable(right)) pairs[told++ % MOST_PAIRS] = [left, right]
    return false
  }
  Object.assign(globalThis, { [COUNTERS]: counters, [COMPARE]: same })
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.startsWith('file:') || !loaded.format?.startsWith('module') || !loaded.source) return loaded
      const path = fileURLToPath(url)
      const file = path
        .slice(root.length + 1)
        .split(sep)
        .join('/')
      const isOurs = path.startsWith(root) && /^(packages|apps)\//.test(file)
      if (NOT_PARSERS.test(`/${file}`) || !(isOurs || LIBRARIES.test(path))) return loaded
      const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      const plain = loaded.format === 'module-typescript' ? stripTypeScriptTypes(text) : text
      const { source, blocks, words } = instrument(plain, used)
      files.set(file, { first: used, blocks, words })
      used += blocks
      return { ...loaded, format: 'module', source }
    },
  })
  return { counters, used: () => used, pairs, files }
}

function isTellable(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 255
  return typeof value === 'string' && value.length > 1 && value.length <= MOST_PAIR_LETTERS
}
