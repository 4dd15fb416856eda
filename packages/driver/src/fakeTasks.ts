import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RoutingDriver } from './driver.ts'
import { createFakeDriver, type FakeHost } from './fake.ts'
import type { TaskDriver } from './taskDriver.ts'
import { MAX_TASK_LOG_BYTES, type TaskResult, type TaskSpec } from './taskTypes.ts'
import type { ExitReason, LogLine } from './types.ts'

/** What a fake task leaves behind. */
export type FakeTaskEnd = {
  /** Absent: exited with 0. */
  ends?: ExitReason
  /** What is in its output, by path. */
  files?: Readonly<Record<string, string | Uint8Array>>
  /** Lines for standard output. */
  writes?: readonly string[]
}

/** What a program does when it is run as a task. Without end: it runs until it is killed. */
export type FakeTask = (spec: TaskSpec) => FakeTaskEnd | Promise<FakeTaskEnd>

/**
 * A fake driver that runs tasks too: each does what `tasks` says of its image's path; an image without an entry is invalid.
 *
 * @example
 * const driver = createFakeTaskDriver(host, { '/square.wasm': ({ environment }) =>
 *   ({ files: { 'out.txt': String(Number(environment.TENDER_TASK) ** 2) } }) })
 */
export function createFakeTaskDriver(
  host: FakeHost,
  tasks: Readonly<Record<string, FakeTask>>,
): RoutingDriver & TaskDriver {
  const driver = createFakeDriver(host)
  return {
    ...driver,
    capabilities: { ...driver.capabilities, tasks: true },
    runTask: (spec, signal) => runFakeTask(tasks[spec.image.kind === 'file' ? spec.image.path : ''], spec, signal),
  }
}

async function runFakeTask(task: FakeTask | undefined, spec: TaskSpec, signal: AbortSignal): Promise<TaskResult> {
  signal.throwIfAborted()
  const startedAtMs = Date.now()
  mkdirSync(spec.outputDir, { recursive: true })
  for (const name of readdirSync(spec.outputDir)) rmSync(join(spec.outputDir, name), { recursive: true })
  const end = task ? await settle(task, spec, signal) : { ends: { kind: 'invalid', detail: 'no script' } as const }
  const { files = {}, writes = [] } = end
  const reason = reasonOf(end, spec)
  if (reason.kind === 'exited') {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(spec.outputDir, path)), { recursive: true })
      writeFileSync(join(spec.outputDir, path), content)
    }
  }
  return {
    reason,
    usage: { cpuMs: Date.now() - startedAtMs, memoryPeakBytes: 0 },
    log: lastLines(writes, startedAtMs),
  }
}

async function settle(task: FakeTask, spec: TaskSpec, signal: AbortSignal): Promise<FakeTaskEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<FakeTaskEnd>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const { runMs } = spec.limits
  const late: FakeTaskEnd = { ends: { kind: 'killed', by: 'time', detail: `ran longer than ${runMs} ms` } }
  const timer = runMs === undefined ? undefined : setTimeout(() => resolve(late), runMs)
  try {
    return await Promise.race([task(spec), promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function reasonOf({ ends = { kind: 'exited', code: 0 }, files = {} }: FakeTaskEnd, { limits }: TaskSpec): ExitReason {
  const bytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0)
  const detail = `wrote more than ${limits.diskBytes} bytes to /output`
  return bytes > limits.diskBytes ? { kind: 'killed', by: 'disk', detail } : ends
}

function lastLines(writes: readonly string[], atMs: number): LogLine[] {
  let bytes = 0
  const kept = writes.toReversed().filter((text) => {
    bytes += Buffer.byteLength(text)
    return bytes <= MAX_TASK_LOG_BYTES
  })
  return kept.toReversed().map((text) => ({ atMs, service: 'task', stream: 'stdout', text }))
}
