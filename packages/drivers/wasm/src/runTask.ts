import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  MAX_TASK_LOG_BYTES,
  StartFailedError,
  type TaskResult,
  type TaskSpec,
  UnsupportedWorkloadError,
} from '@tender/driver'
import { z } from 'zod'
import { hasCode, readJson, replaceFile } from './child/files.ts'
import { limits } from './child/limits.ts'
import type { ToTask } from './child/taskMessages.ts'
import { childPrograms } from './childPrograms.ts'
import { kind } from './handle.ts'
import { exitSchema } from './leaseDirectory.ts'
import { claimOf, gone, isAlive, signalChild, spawnTask } from './processes.ts'

/** Compiling and instantiating have limits of their own below this. */
const START_MS = limits.loadWaitMs + 15_000

const count = z.number().int().nonnegative()
const line = z.object({ atMs: count, service: z.string(), stream: z.enum(['stdout', 'stderr']), text: z.string() })
const fromTask = z.discriminatedUnion('type', [
  z.object({ type: z.literal('running') }),
  z.object({
    type: z.literal('ended'),
    result: z.object({
      reason: exitSchema,
      usage: z.object({ cpuMs: count, memoryPeakBytes: count }),
      log: z.array(line),
    }),
  }),
])
const claimSchema = z.object({ pid: count, startedTicks: z.number().nullable() })

/**
 * Runs one task in a process of its own, which ends with this one. Its claim lies in `stateDir/tasks` as long as it runs, so that the
 * next call with its id ends it, should it still be there.
 */
export async function runTask(stateDir: string, spec: TaskSpec, signal: AbortSignal): Promise<TaskResult> {
  refuse(spec)
  signal.throwIfAborted()
  const claims = join(stateDir, 'tasks')
  mkdirSync(claims, { recursive: true, mode: 0o700 })
  const name = `${spec.id}.json`
  await endEarlier(claims, name)
  await empty(spec.outputDir)
  const task = await taskOf(spec)
  if (typeof task === 'string') return { reason: { kind: 'invalid', detail: task }, usage: nothing, log: [] }
  const child = await spawnTask({
    programs: await childPrograms(stateDir),
    readable: [task.module, ...(task.inputDir === undefined ? [] : [task.inputDir])],
    writable: task.outputDir,
  })
  const claim = child.pid === undefined ? undefined : claimOf(child.pid)
  if (claim) replaceFile(claims, name, claim)
  try {
    const result = await resultOf(child, spec, task, signal)
    if (result.reason.kind !== 'exited') await empty(spec.outputDir)
    return result
  } finally {
    rmSync(join(claims, name), { force: true })
  }
}

const nothing = { cpuMs: 0, memoryPeakBytes: 0 }

function refuse({ id, image, network, gpus = [] }: TaskSpec): void {
  if (image.kind !== 'file')
    throw new UnsupportedWorkloadError(kind, 'a module comes with the manifest, it is not fetched')
  if (network !== undefined) throw new UnsupportedWorkloadError(kind, 'it asks for a network')
  if (gpus.length > 0) throw new UnsupportedWorkloadError(kind, 'it asks for a GPU')
  if (!/^0x[0-9a-f]{64}$/.test(id)) throw new UnsupportedWorkloadError(kind, 'its id is not 32 bytes in lower case')
}

/** Ends the process that a call which was killed has left. */
async function endEarlier(claims: string, name: string): Promise<void> {
  const claim = claimSchema.safeParse(readJson(claims, name)).data
  if (!claim || !isAlive(claim)) return
  signalChild(claim, 'SIGKILL')
  await gone(claim)
}

/** Makes the folder, or takes everything out of it. */
async function empty(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
}

/** Real paths, since what a process may read is told by them; or why the module cannot run. */
async function taskOf(spec: TaskSpec): Promise<ToTask | string> {
  const { image, entrypoint = [], args, inputDir, outputDir, environment, seed } = spec
  const path = image.kind === 'file' ? image.path : ''
  const { size } = await stat(path)
  if (size > limits.moduleBytes) return `the module has ${size} bytes, the limit is ${limits.moduleBytes}`
  return {
    module: await realpath(path),
    args: [...entrypoint, ...args],
    environment,
    limits: spec.limits,
    seed,
    logBytes: MAX_TASK_LOG_BYTES,
    outputDir: await realpath(outputDir),
    ...(inputDir !== undefined && { inputDir: await realpath(inputDir) }),
  }
}

/** How it ended; a process that dies without a word is `lost`. However this ends, the process is gone. */
async function resultOf(child: ChildProcess, { id }: TaskSpec, task: ToTask, signal: AbortSignal): Promise<TaskResult> {
  const { promise, resolve, reject } = Promise.withResolvers<TaskResult>()
  const late = setTimeout(() => reject(new StartFailedError(id, `not ready after ${START_MS} ms`)), START_MS)
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  // Not `exit`: that a process is gone may be told before its last word is.
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  child.on('message', (message) => {
    const parsed = fromTask.safeParse(message)
    if (!parsed.success) return reject(new StartFailedError(id, 'its process says what it should not', parsed.error))
    clearTimeout(late)
    if (parsed.data.type === 'ended') resolve(parsed.data.result)
  })
  child.once('error', (error) => reject(new StartFailedError(id, 'its process cannot be talked to', error)))
  void closed.then(() => resolve({ reason: { kind: 'lost' }, usage: nothing, log: [] }))
  try {
    signal.throwIfAborted()
    child.send(task, (error) => {
      // It died before it listened; its exit says so.
      if (error && !hasCode(error, 'EPIPE', 'ERR_IPC_CHANNEL_CLOSED')) reject(error)
    })
    return await promise
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', abort)
    child.kill('SIGKILL')
    await closed
  }
}
