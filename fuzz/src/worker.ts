import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { instrumentModules } from './coverage.ts'
import { createRandom } from './random.ts'
import type { Sheet } from './runTarget.ts'

// One target in a thread of its own, which whoever started it can end when an input hangs. Parsers are loaded once their modules are
// instrumented: hence the late imports.

// CAST: `runTarget` starts this with a sheet
const { name, seed, runs, minutes, shared } = workerData as Sheet
const coverage = instrumentModules(dirname(dirname(import.meta.dirname)))
const { loadTarget } = await import('./targets.ts')
const { fuzzTarget } = await import('./fuzzTarget.ts')
const { readCorpus } = await import('./corpus.ts')

const target = await loadTarget(name)
const [counts, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
const result = await fuzzTarget({
  target,
  coverage,
  corpus: readCorpus(name),
  runs,
  untilMs: performance.now() + minutes * 60_000,
  random: createRandom(seed),
  trying(input) {
    bytes.set(input.subarray(0, bytes.length))
    counts[1] = Math.min(input.length, bytes.length)
    Atomics.add(counts, 0, 1)
  },
  found: (finding) => parentPort?.postMessage({ finding }),
})
parentPort?.postMessage({ result })
