import { Worker } from 'node:worker_threads'
import type { FuzzResult } from './fuzzTarget.ts'
import type { Finding } from './judge.ts'

/** What a thread is told. `shared`: how many inputs it tried, the length of the one that it tries, and its bytes. */
export type Sheet = { name: string; seed: number; runs: number; minutes: number; shared: SharedArrayBuffer }

export type TargetRun = Partial<FuzzResult> & { name: string; seconds: number; findings: readonly Finding[] }

const SHARED_BYTES = 8 + 2 * 2 ** 20
const LOOK_EVERY_MS = 500
/** An input that takes so much processor time hangs, and one that waits for so long is never answered. */
const HANG_CPU_MS = 20_000
const HANG_MS = 180_000
const MOST_HEAP_MIB = 1_024

/** Fuzzes one target in a thread of its own. What kills the thread is a finding, and the end of this target's run. */
export async function runTarget(
  sheet: Omit<Sheet, 'shared'>,
  { progress, signal }: { progress(runs: number): void; signal: AbortSignal },
): Promise<TargetRun> {
  const shared = new SharedArrayBuffer(SHARED_BYTES)
  const [counts, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
  const startedMs = performance.now()
  const findings: Finding[] = []
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ...sheet, shared },
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const { promise, resolve } = Promise.withResolvers<Partial<FuzzResult>>()
  let isDone = false
  const ended = (kind: Finding['kind'], message: string) => {
    if (isDone) return
    isDone = true
    const input = bytes.slice(0, counts[1])
    findings.push({ target: sheet.name, kind, message, place: '', input })
    resolve({ runs: counts[0] ?? 0 })
  }
  worker.on('message', (said: { finding?: Finding; result?: FuzzResult }) => {
    if (said.finding) findings.push(said.finding)
    if (!said.result) return
    isDone = true
    resolve(said.result)
  })
  worker.on('error', (error: Error & { code?: string }) =>
    ended(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'outOfMemory' : 'thrown',
      `${error.stack ?? error}`.slice(0, 1_000),
    ),
  )
  worker.on('exit', () => ended('hang', 'an input whose parser never answers'))
  const watch = watched(worker, counts, progress, () => ended('hang', 'an input that takes without end'))
  const stop = () => resolve({ runs: counts[0] ?? 0 })
  signal.addEventListener('abort', stop)
  try {
    const result = await promise
    return { name: sheet.name, seconds: (performance.now() - startedMs) / 1000, findings: [...findings], ...result }
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

function watched(
  worker: Worker,
  counts: Int32Array,
  progress: (runs: number) => void,
  hangs: () => void,
): NodeJS.Timeout {
  let before = { runs: -1, cpuMs: 0, atMs: 0 }
  const look = async () => {
    const runs = Atomics.load(counts, 0)
    progress(runs)
    const { user, system } = await worker.cpuUsage()
    const now = { runs, cpuMs: (user + system) / 1000, atMs: performance.now() }
    if (runs !== before.runs) before = now
    else if (runs > 0 && (now.cpuMs - before.cpuMs > HANG_CPU_MS || now.atMs - before.atMs > HANG_MS)) hangs()
  }
  // A thread that has ended has nothing to say of itself any more.
  return setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS)
}
