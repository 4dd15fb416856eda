import { Worker } from 'node:worker_threads'
import type { FromWorker, Outcome, Run, WorkerData } from './worker.ts'

export type PoolOptions = {
  /** Threads, so also how many instances run at once. */
  size: number
  data: WorkerData
  /** Wall time that one run may take; undefined for no limit. */
  runMs: number | undefined
  /** How long this process may work from a thread's start until it has loaded the module. */
  loadMs: number
  /** The same, by the clock. */
  loadWaitMs: number
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void
}

/** Threads that run instances, each replaced when its instance had to be killed. */
export type Pool = {
  /** Starts the threads; resolves with why the module cannot be instantiated, if so. */
  open(): Promise<{ invalid?: string }>
  /** Runs one instance as soon as a thread is free. Never rejects. */
  run(run: Run): Promise<Outcome>
  /** Runs that wait for a thread. */
  waiting(): number
  close(): Promise<void>
}

type Job = { run: Run; settle(outcome: Outcome): void }
type Thread = {
  worker: Worker
  loaded: Promise<{ invalid?: string }>
  job: Job | undefined
  timer: NodeJS.Timeout | undefined
}

const MEBIBYTE = 2 ** 20
/** Heap that the shim itself needs, and the most that host objects of an instance may take besides its memory. */
const HEAP_MEBIBYTES = { minimum: 32, maximum: 256 }
const YOUNG_HEAP_MEBIBYTES = 8
const LOAD_CHECK_MS = 100

/** From now on: whether this process has worked for `workMs`, and as long has passed, or `mostMs` have. */
function stopwatch(workMs: number, mostMs: number): () => boolean {
  const startedMs = performance.now()
  const startedAt = process.cpuUsage()
  return () => {
    const passedMs = performance.now() - startedMs
    const { user, system } = process.cpuUsage(startedAt)
    return passedMs >= mostMs || (passedMs >= workMs && (user + system) / 1000 >= workMs)
  }
}

export function createPool({ size, data, runMs, loadMs, loadWaitMs, onOutput }: PoolOptions): Pool {
  const queue: Job[] = []
  const idle: Thread[] = []
  const all = new Set<Thread>()
  let closed = false

  const finish = (thread: Thread, outcome: Outcome) => {
    clearTimeout(thread.timer)
    thread.job?.settle(outcome)
    thread.job = undefined
  }

  const next = (thread: Thread) => {
    if (!all.has(thread)) return
    const job = queue.shift()
    if (job) begin(thread, job)
    else idle.push(thread)
  }

  const replace = (thread: Thread, outcome: Outcome) => {
    if (!all.delete(thread)) return
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1)
    finish(thread, outcome)
    void thread.worker.terminate()
    if (!closed) void launch()
  }

  const begin = (thread: Thread, job: Job) => {
    thread.job = job
    if (runMs !== undefined) {
      const late: Outcome = { kind: 'killed', by: 'time', detail: `ran longer than ${runMs} ms` }
      thread.timer = setTimeout(() => replace(thread, late), runMs)
    }
    thread.worker.postMessage(job.run)
  }

  const onMessage = (thread: Thread, message: FromWorker) => {
    if (message.type === 'output') onOutput(message.stream, message.chunk)
    else if (message.type === 'flood') {
      replace(thread, { kind: 'killed', by: 'output', detail: 'wrote more than it may' })
    } else if (message.type === 'done') {
      finish(thread, message.outcome)
      next(thread)
    }
  }

  const launch = (): Promise<{ invalid?: string }> => {
    const heap = Math.round(data.memoryBytes / MEBIBYTE)
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: data,
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: Math.min(Math.max(heap, HEAP_MEBIBYTES.minimum), HEAP_MEBIBYTES.maximum),
        maxYoungGenerationSizeMb: YOUNG_HEAP_MEBIBYTES,
      },
    })
    const loaded = Promise.withResolvers<{ invalid?: string }>()
    const thread: Thread = { worker, loaded: loaded.promise, job: undefined, timer: undefined }
    all.add(thread)
    const isSlow = stopwatch(loadMs, loadWaitMs)
    const loading = setInterval(() => {
      if (!isSlow()) return
      clearInterval(loading)
      loaded.resolve({ invalid: `it took longer than ${loadMs} ms to instantiate` })
      replace(thread, { kind: 'killed', by: 'time', detail: 'did not load' })
    }, LOAD_CHECK_MS)
    worker.on('message', (message: FromWorker) => {
      if (message.type !== 'loaded') return onMessage(thread, message)
      clearInterval(loading)
      loaded.resolve(message.invalid === undefined ? {} : { invalid: message.invalid })
      if (message.invalid === undefined) next(thread)
    })
    worker.on('error', (error) => {
      clearInterval(loading)
      loaded.resolve({ invalid: error.message })
      replace(thread, died(error))
    })
    worker.on('exit', () => {
      clearInterval(loading)
      loaded.resolve({ invalid: 'its thread ended' })
    })
    return thread.loaded
  }

  return {
    open: async () => {
      const loads = await Promise.all(Array.from({ length: size }, launch))
      return loads.find(({ invalid }) => invalid !== undefined) ?? {}
    },
    run: (run) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const job: Job = { run, settle: resolve }
      const thread = idle.pop()
      if (thread) begin(thread, job)
      else queue.push(job)
      return promise
    },
    waiting: () => queue.length,
    close: async () => {
      closed = true
      await Promise.all([...all].map(({ worker }) => worker.terminate()))
    },
  }
}

function died(error: Error): Outcome {
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { kind: 'killed', by: 'memory', detail: 'filled the heap with host objects' }
  }
  return { kind: 'crashed', detail: error.message }
}
