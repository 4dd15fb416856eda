/**
 * The process of one task: `node task.ts`, started with no permission but to read the task's module and input and to write its
 * output folder. Ends with the process that started it.
 */
import { once } from 'node:events'
import type { ExitReason, LogLine } from '@tender/driver'
import { limits, maximumTimerMs } from './limits.ts'
import { createLines } from './lines.ts'
import { loadModule } from './loadModule.ts'
import { measure } from './meter.ts'
import { createPool } from './pool.ts'
import type { FromTask, ToTask } from './taskMessages.ts'

/** Most that an output held in this process may have, whatever the limit says. */
const MOST_OUTPUT_BYTES = 2 ** 30
const MOST_EXIT_CODE = 255
const PROGRAM = 'task'

// Whoever started us is gone: nobody would take the result.
process.once('disconnect', () => process.exit(1))
const [message] = await once(process, 'message')
// CAST: the driver that started us sends exactly this.
await run(message as ToTask)

async function run(task: ToTask): Promise<void> {
  const outputBytes = Math.min(task.limits.diskBytes, MOST_OUTPUT_BYTES)
  const maximumBytes = task.limits.memoryBytes + limits.runtimeMemoryBytes + outputBytes
  const log = createTaskLog(task.logBytes)
  const usage = measure(maximumBytes, (heldBytes) => {
    const detail = `its process held ${heldBytes} bytes, the limit is ${maximumBytes}`
    end({ kind: 'killed', by: 'memory', detail })
  })
  const end = (reason: ExitReason) => {
    const { cpuMs, memoryPeakBytes } = usage()
    const result = { reason, usage: { cpuMs, memoryPeakBytes }, log: log.close() }
    tell({ type: 'ended', result }, () => process.exit(0))
  }
  const loaded = await loadModule(task.module, task.limits.memoryBytes)
  if ('invalid' in loaded) return end({ kind: 'invalid', detail: loaded.invalid })
  const { runMs } = task.limits
  const pool = createPool({
    size: 1,
    data: {
      module: loaded.module,
      args: [PROGRAM, ...task.args],
      memoryBytes: task.limits.memoryBytes,
      maximumLogBytes: limits.commandLogBytes,
      maximumAnswerBytes: 0,
      task: {
        seed: task.seed,
        outputDir: task.outputDir,
        outputBytes,
        ...(task.inputDir !== undefined && { inputDir: task.inputDir }),
      },
    },
    runMs: runMs === undefined || runMs > maximumTimerMs ? undefined : runMs,
    loadMs: limits.loadMs,
    loadWaitMs: limits.loadWaitMs,
    onOutput: log.write,
  })
  const { invalid } = await pool.open()
  if (invalid !== undefined) return end({ kind: 'invalid', detail: invalid })
  tell({ type: 'running' })
  const environment = Object.entries(task.environment).map(([name, value]) => `${name}=${value}`)
  const outcome = await pool.run({ environment, input: new Uint8Array(), capture: false })
  end(outcome.kind === 'exited' ? { kind: 'exited', code: exitCode(outcome.code) } : outcome)
}

function tell(message: FromTask, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent)
}

/** WASI has 32 bits for it, everybody else 8: what does not fit is no success either. */
function exitCode(code: number): number {
  return Math.min(code >>> 0, MOST_EXIT_CODE)
}

/** The last lines that a task wrote. */
function createTaskLog(maximumBytes: number) {
  const kept: LogLine[] = []
  let bytes = 0
  const lines = createLines((stream, text) => {
    kept.push({ atMs: Date.now(), service: PROGRAM, stream, text })
    bytes += Buffer.byteLength(text)
    while (bytes > maximumBytes) bytes -= Buffer.byteLength(kept.shift()?.text ?? '')
  })
  return {
    write: lines.write,
    close: (): LogLine[] => {
      lines.close()
      return kept
    },
  }
}
