import type { Coverage } from './coverage.ts'
import { type Finding, judge, minimised, sameFinding } from './judge.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'
import type { Target } from './target.ts'

export type FuzzOptions = {
  target: Target
  coverage: Coverage
  /** Inputs to begin with, besides the target's seeds. */
  corpus: readonly Uint8Array[]
  runs: number
  untilMs: number
  random: Random
  /** Told before an input is tried, so that others know it if this thread does not survive it. */
  trying(input: Uint8Array): void
  found(finding: Finding): void
}

export type FuzzResult = {
  runs: number
  accepted: number
  /** Blocks of the target's code that ran, and all of them. */
  covered: number
  blocks: number
  /** Inputs that together run everything that ran, the small ones first. */
  corpus: readonly Uint8Array[]
}

/** A turn of the event loop every so often: timers that nobody waits for any more go, and Ctrl-C gets through. */
const TURN_EVERY_RUNS = 512
/** Findings of one kind that are shortened; the others are only counted as one. */
const MOST_FINDINGS = 20
const MOST_SHORTENED_BYTES = 64 * 1024

/** Tries inputs, and keeps those that make the parser do what none before did. Follows from `random` alone if the target does. */
export async function fuzzTarget(options: FuzzOptions): Promise<FuzzResult> {
  const { target, coverage, random } = options
  const seeds = await target.seeds()
  const words = wordsOf(target, coverage)
  const features = createFeatures(coverage)
  const inputs: Uint8Array[] = []
  const known = new Set<string>()
  const counts = { runs: 0, accepted: 0 }

  async function attempt(input: Uint8Array): Promise<void> {
    options.trying(input)
    coverage.counters.fill(0, 0, coverage.used())
    const { accepted, finding } = await judge(target, input)
    counts.runs++
    if (accepted) counts.accepted++
    if (features.add()) inputs.push(input)
    if (finding && known.size < MOST_FINDINGS && !known.has(sameFinding(finding))) {
      known.add(sameFinding(finding))
      const isShort = finding.input.length <= MOST_SHORTENED_BYTES && finding.kind !== 'slow'
      options.found(isShort ? await minimised(target, finding) : finding)
    }
  }

  for (const input of [...seeds, ...options.corpus]) await attempt(input)
  if (inputs.length === 0) throw new Error(`no input reaches the code of ${target.name}`)
  while (counts.runs < options.runs && performance.now() < options.untilMs) {
    const { format, maxBytes } = target
    const parent = random.oneIn(2) ? recent(inputs, random) : random.pick(inputs)
    await attempt(
      mutate(parent, random, { format, maxBytes, words, pairs: coverage.pairs, other: random.pick(inputs) }),
    )
    if (counts.runs % TURN_EVERY_RUNS === 0) await new Promise(setImmediate)
  }
  return { ...counts, ...features.of(target.code), corpus: await smallest(options, inputs) }
}

function recent(inputs: readonly Uint8Array[], random: Random): Uint8Array {
  const newest = Math.max(8, inputs.length >> 3)
  return random.pick(inputs.slice(-newest))
}

function wordsOf({ code, words = [] }: Target, { files }: Coverage): string[] {
  const own = [...files].filter(([file]) => isOf(code, file)).flatMap(([, { words: written }]) => written)
  return [...new Set([...words, ...own])]
}

function isOf(code: readonly string[], file: string): boolean {
  return code.some((start) => file.startsWith(start))
}

/** How often a block ran matters by its size: 1, 2, 3, up to 7, up to 15, up to 31, up to 127, more. */
const SIZES = Uint8Array.from({ length: 256 }, (_, count) =>
  count === 0
    ? 0
    : count <= 3
      ? 1 << (count - 1)
      : count <= 7
        ? 8
        : count <= 15
          ? 16
          : count <= 31
            ? 32
            : count <= 127
              ? 64
              : 128,
)

function createFeatures({ counters, used, files }: Coverage) {
  const seen = new Uint8Array(counters.length)
  const words = new Uint32Array(counters.buffer)
  return {
    /** Whether the run that was did anything new. */
    add(): boolean {
      let isNew = false
      const most = Math.ceil(used() / 4)
      for (let word = 0; word < most; word++) {
        if (words[word] === 0) continue
        for (let at = 4 * word; at < 4 * word + 4; at++) {
          const size = SIZES[counters[at] ?? 0] ?? 0
          const before = seen[at] ?? 0
          if ((before | size) === before) continue
          seen[at] = before | size
          isNew = true
        }
      }
      return isNew
    },
    of(code: readonly string[]): { covered: number; blocks: number } {
      let [covered, blocks] = [0, 0]
      for (const [file, { first, blocks: own }] of files) {
        if (!isOf(code, file)) continue
        blocks += own
        for (let at = first; at < first + own; at++) if (seen[at]) covered++
      }
      return { covered, blocks }
    },
  }
}

/** As few inputs as run the same blocks. */
async function smallest(
  { target, coverage, trying }: FuzzOptions,
  inputs: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const ran = new Uint8Array(coverage.counters.length)
  const kept: Uint8Array[] = []
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    trying(input)
    coverage.counters.fill(0, 0, coverage.used())
    await judge(target, input)
    let isNew = false
    for (let at = 0; at < coverage.used(); at++) {
      if (!coverage.counters[at] || ran[at]) continue
      ran[at] = 1
      isNew = true
    }
    if (isNew) kept.push(input)
  }
  return kept
}
