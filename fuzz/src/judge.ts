import { getHeapStatistics } from 'node:v8'
import { BrokenInvariantError, type Target } from './target.ts'

/** Something that no input may do. `hang` and `outOfMemory` end the thread, so they are told from outside of it. */
export type FindingKind = 'thrown' | 'invariant' | 'slow' | 'memory' | 'hang' | 'outOfMemory'

export type Finding = {
  target: string
  kind: FindingKind
  message: string
  /** Where: the innermost line of ours. Findings of one kind at one place are one. */
  place: string
  input: Uint8Array
}

export type Verdict = { accepted: boolean; finding?: Finding }

/** Processor time that one input may take: no input is larger than some hundred kilobytes, and most take a millisecond. */
const MOST_CPU_MS = 400
/** Memory outside of the heap that one input may take, besides so many times its size. */
const MOST_BYTES = 96 * 2 ** 20
const MOST_TIMES_ITS_SIZE = 32

/** Parses one input and says what is wrong with how that went. */
export async function judge(target: Target, input: Uint8Array): Promise<Verdict> {
  const memory = getHeapStatistics().external_memory
  const startedMs = performance.now()
  const verdict = await tried(target, input)
  if (verdict.finding) return verdict
  const took = performance.now() - startedMs
  const grown = getHeapStatistics().external_memory - memory
  if (grown > MOST_BYTES + MOST_TIMES_ITS_SIZE * input.length)
    return {
      ...verdict,
      finding: found(target, input, 'memory', `${Math.round(grown / 2 ** 20)} MiB for ${input.length} bytes`),
    }
  // Others use the machine too: only processor time counts, and only of the second try, whose code is compiled.
  if (took > MOST_CPU_MS && !verdict.finding) {
    const before = process.threadCpuUsage()
    await tried(target, input)
    const { user, system } = process.threadCpuUsage(before)
    const cpuMs = (user + system) / 1000
    if (cpuMs > MOST_CPU_MS)
      return { ...verdict, finding: found(target, input, 'slow', `${Math.round(cpuMs)} ms for ${input.length} bytes`) }
  }
  return verdict
}

async function tried(target: Target, input: Uint8Array): Promise<Verdict> {
  try {
    const accepted = target.run(input.slice())
    return { accepted: typeof accepted === 'boolean' ? accepted : await accepted }
  } catch (error) {
    const kind = error instanceof BrokenInvariantError ? 'invariant' : 'thrown'
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    const finding = found(target, input, kind, `${name}: ${message}`.slice(0, 500))
    return { accepted: false, finding: { ...finding, place: placeOf(stack) } }
  }
}

function found(target: Target, input: Uint8Array, kind: FindingKind, message: string): Finding {
  return { target: target.name, kind, message, place: '', input }
}

/** The first line of a stack that is of the rooms, or else the first. */
function placeOf(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const own = lines.find((line) => /\/(packages|apps)\//.test(line) && !line.includes('node_modules')) ?? lines[0] ?? ''
  return /(?:packages|apps|node_modules|fuzz)\/[^)]*?(?=:\d+:\d+|\))/.exec(own)?.[0] ?? own.trim()
}

/** What makes two findings one. */
export function sameFinding({ kind, place, message }: Finding): string {
  return [kind, place, kind === 'thrown' || kind === 'invariant' ? message.replace(/\d+/g, '#').slice(0, 60) : ''].join(
    ' ',
  )
}

/** A shorter input that finds the same, after at most `tries`. */
export async function minimised(target: Target, finding: Finding, tries = 2_000): Promise<Finding> {
  let best = finding
  let left = tries
  for (let size = best.input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.input.length && left > 0; left--) {
      const input = new Uint8Array(Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + size)]))
      const { finding: again } = await judge(target, input)
      if (again && sameFinding(again) === sameFinding(finding)) best = again
      else at += size
    }
  }
  return best
}
