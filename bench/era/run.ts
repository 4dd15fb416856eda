/**
 * One era, computed in a process of its own so that its time and memory are its own: `node run.ts <directory>`. Prints JSON.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  computeEra,
  encodeState,
  leafTree,
  openBatch,
  openFacts,
  openState,
  partHash,
  splitParts,
} from '@tender/protocol'

export type EraRun = {
  /** Processor seconds of all threads, by step. */
  seconds: { hash: number; open: number; compute: number; tree: number; state: number }
  peakBytes: number
  leaves: number
  /** What was read: facts, state and batches. */
  inputBytes: number
  /** Hashes in the proof of one leaf. */
  proofHashes: number
  /** Hashes in one proof of all leases of the provider with the most, and how many these are. */
  multiproofHashes: number
  multiproofLeases: number
}

const directory = process.argv[2] ?? '.'
const seconds: Partial<EraRun['seconds']> = {}

/** Processor time, not the clock: other work on the machine does not count. */
function timed<T>(name: keyof EraRun['seconds'], work: () => T): T {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  seconds[name] = (user + system) / 1e6
  return result
}

const names = (await readdir(directory)).filter((name) => name.startsWith('batch-'))
const [factBytes, stateBytes, ...batchBytes] = await Promise.all(
  ['facts', 'state', ...names].map((name) => readFile(join(directory, name))),
)
if (factBytes === undefined || stateBytes === undefined) throw new Error(`${directory} has no era`)
const all = [factBytes, stateBytes, ...batchBytes]

timed('hash', () => all.flatMap(splitParts).map(partHash))
const input = timed('open', () => ({
  previous: openState(stateBytes),
  facts: openFacts(factBytes),
  batches: batchBytes.map(openBatch).sort((a, b) => (a.monitor < b.monitor ? -1 : 1)),
}))
const { leaves, state } = timed('compute', () => computeEra({ ...input, equivocators: [], recounts: [] }))
const tree = timed('tree', () => leafTree(leaves))
timed('state', () => splitParts(encodeState(state)).map(partHash))

const [longest] = leaseRuns().sort((a, b) => b.length - a.length)
const run: EraRun = {
  // CAST: every step above was timed.
  seconds: seconds as EraRun['seconds'],
  peakBytes: process.resourceUsage().maxRSS * 1024,
  leaves: leaves.length,
  inputBytes: all.reduce((sum, { length }) => sum + length, 0),
  proofHashes: tree.proof(0).length,
  multiproofHashes: tree.multiproof(longest ?? []).proof.length,
  multiproofLeases: longest?.length ?? 0,
}
console.log(JSON.stringify(run))

/** The places of each provider's lease leaves. */
function leaseRuns(): number[][] {
  const runs: number[][] = []
  leaves.forEach((leaf, index) => {
    if (leaf.kind === 'provider') runs.push([])
    if (leaf.kind === 'lease') runs.at(-1)?.push(index)
  })
  return runs
}
