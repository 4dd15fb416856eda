/** Thread that runs one instance of the module at a time. It holds nothing of the tenant's between two. */
import { parentPort, workerData } from 'node:worker_threads'
import { inputFiles } from './inputFiles.ts'
import { limits } from './limits.ts'
import { OutputTooLargeError, outputFiles } from './outputFiles.ts'
import { capturedStream, createBudget, forwardedStream, inputStream, OutputFloodError } from './streams.ts'
import { createTaskWorld } from './taskWorld.ts'
import { createWasi } from './wasiImports.ts'

/** Given once, when the thread starts. */
export type WorkerData = {
  module: WebAssembly.Module
  args: string[]
  /** What an instance may write to the log, and as its answer, before it is ended. */
  maximumLogBytes: number
  maximumAnswerBytes: number
  memoryBytes: number
  /** Only for a task: its files and its seed, on which all its randomness depends. */
  task?: { seed: string; inputDir?: string; outputDir: string; outputBytes: number }
}

/** One run. With `capture` standard output is the answer, without it goes to the log. */
export type Run = { environment: string[]; input: Uint8Array; capture: boolean }

export type FromWorker =
  | { type: 'loaded'; invalid?: string }
  | { type: 'output'; stream: 'stdout' | 'stderr'; chunk: Uint8Array }
  | { type: 'flood' }
  | { type: 'done'; outcome: Outcome }

export type Outcome =
  | { kind: 'exited'; code: number; answer: Uint8Array<ArrayBuffer> }
  | { kind: 'crashed'; detail: string }
  | { kind: 'killed'; by: 'memory' | 'time' | 'output' | 'disk'; detail: string }

/** An instance above this is collected at once, since the engine would let its memory pile up. */
const COLLECT_BYTES = 4 * 2 ** 20

if (!parentPort) throw new Error('to be started as a thread')
const port = parentPort
// CAST: the pool starts this file with exactly this.
const { module, args, maximumLogBytes, maximumAnswerBytes, memoryBytes, task } = workerData as WorkerData

const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

port.on('message', (run: Run) => {
  const outcome = execute(run)
  send({ type: 'done', outcome }, outcome.kind === 'exited' ? [outcome.answer.buffer] : [])
})
send({ type: 'loaded', ...tryInstantiate() })

function tryInstantiate(): { invalid?: string } {
  try {
    const wasi = createWasi(args, [], [])
    new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports(wasi) })
    return {}
  } catch (error) {
    return { invalid: `it cannot be instantiated: ${message(error)}` }
  }
}

function execute({ environment, input, capture }: Run): Outcome {
  const onFlood = () => send({ type: 'flood' })
  const spend = createBudget({ maximumBytes: maximumLogBytes, bytesPerSecond: limits.logBytesPerSecond }, onFlood)
  const answer = capturedStream(maximumAnswerBytes, onFlood)
  const stdout = forwardedStream(spend, (chunk) => send({ type: 'output', stream: 'stdout', chunk }))
  const stderr = forwardedStream(spend, (chunk) => send({ type: 'output', stream: 'stderr', chunk }))
  const output = task && outputFiles(task.outputBytes)
  let wasi: ReturnType<typeof createWasi> | undefined
  let instance: WebAssembly.Instance | undefined
  let usedBytes = 0
  try {
    const folders = task && output ? [inputFiles(task.inputDir), output.preopen] : []
    const streams = [inputStream(input), capture ? answer.fd : stdout.fd, stderr.fd]
    wasi = createWasi(args, environment, [...streams, ...folders], task && createTaskWorld(task.seed))
    instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports(wasi) })
    const code = wasi.start(entry(instance))
    if (task) output?.save(task.outputDir)
    return { kind: 'exited', code, answer: answer.bytes() }
  } catch (error) {
    usedBytes = memoryOf(instance)
    return failure(error, usedBytes)
  } finally {
    stdout.flush()
    stderr.flush()
    if (memoryOf(instance) > COLLECT_BYTES) {
      instance = undefined
      if (wasi) Object.assign(wasi, { inst: undefined })
      setImmediate(() => globalThis.gc?.())
    }
  }
}

function failure(error: unknown, usedBytes: number): Outcome {
  if (error instanceof OutputFloodError) return { kind: 'killed', by: 'output', detail: error.message }
  if (error instanceof OutputTooLargeError) return { kind: 'killed', by: 'disk', detail: error.message }
  // Wasm has no "out of memory": a module whose `memory.grow` was refused traps on its own. More than 7/8 used says it was that.
  if (usedBytes > (memoryBytes / 8) * 7) {
    return { kind: 'killed', by: 'memory', detail: `needed more than ${memoryBytes} bytes (${message(error)})` }
  }
  return { kind: 'crashed', detail: message(error) }
}

function imports(wasi: ReturnType<typeof createWasi>): WebAssembly.ModuleImports {
  // CAST: all values are functions; the shim's type says they return unknown.
  return wasi.wasiImport as WebAssembly.ModuleImports
}

function entry(instance: WebAssembly.Instance): { exports: { memory: WebAssembly.Memory; _start: () => unknown } } {
  // CAST: checkModule saw these two exports.
  return instance as { exports: { memory: WebAssembly.Memory; _start: () => unknown } } & WebAssembly.Instance
}

function memoryOf(instance: WebAssembly.Instance | undefined): number {
  return instance ? entry(instance).exports.memory.buffer.byteLength : 0
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
