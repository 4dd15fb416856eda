import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContentStore, digestOf, openContentStore } from '@tender/content'
import type { ExitReason, TaskDriver } from '@tender/driver'
import { createFakeDriver } from '@tender/driver/fake'
import { type JobTerms, jobText, kinds, type Manifest, type Order } from '@tender/protocol'
import { type Hex, stringToBytes, zeroHash } from 'viem'
import { onTestFinished } from 'vitest'
import { brief, openTestHost, orderOf } from '../testKit.ts'

// What the tests of jobs share: a tenant with a bundle, a driver whose tasks follow a script.

const noProgram = stringToBytes('a module')
export const agentKey: Hex = `0x02${'11'.repeat(32)}`

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-jobs-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function openTestContent(): ContentStore {
  const store = openContentStore(temporaryDir(), { bytes: 1e8 })
  onTestFinished(() => store.close())
  return store
}

export type TestJob = { manifest: Manifest; jobTerms: JobTerms; order: Order }

export type JobOptions = {
  tasks?: number
  /** Tasks of a lease that run at once. */
  atOnce?: number
  replicas?: number
  over?: Partial<JobTerms>
  driver?: string
  /** What the tasks run. */
  program?: Uint8Array
  /** Cards of each task, of {@link GPU}. */
  gpus?: number
}

/** A class of graphics cards. */
export const GPU = 'gpu.nvidia.h100-80gb'

/** A job whose bundle is in `tenant`. */
export async function makeJob(
  tenant: ContentStore,
  { tasks = 4, atOnce = 2, replicas = 1, over = {}, driver = 'fake', program = noProgram, gpus }: JobOptions = {},
): Promise<TestJob> {
  const hash: Hex = `0x${createHash('sha256').update(program).digest('hex')}`
  const image = { kind: 'blob', sha256: hash, bytes: program.length } as const
  const size = { cpuMillis: 500, memoryBytes: 2 ** 26 }
  const service = { name: 'task', image, args: [], env: {}, ports: [], replicas: atOnce, ...size }
  const job = { tasks, outputBytes: 1_000, compare: 'bytes', ...(gpus && { gpus }) } as const
  const rest = { version: 2, services: [service], volumes: [], job, salt: zeroHash } as const
  const files = { [hash.slice(2)]: program }
  const bundle = await tenant.putTree({ 'job.json': stringToBytes(jobText(mutable(rest))), blobs: files })
  const jobTerms: JobTerms = {
    tasks,
    sample: 1,
    validators: 1,
    comparator: zeroHash,
    deadlineSeconds: 1_000,
    cancelFee: 0n,
    verifyFee: 100n,
    inputs: digestOf(bundle),
    ...over,
  }
  const { cancelFee, verifyFee, ...terms } = jobTerms
  const written = { ...terms, cancelFee: cancelFee.toString(), verifyFee: verifyFee.toString() }
  const bundleBytes = 1_000 + program.length
  const room = { blobBytes: program.length, diskBytes: bundleBytes + 1_000 * tasks }
  const needs = { ...room, cpuMillis: 500 * atOnce, memoryBytes: 2 ** 26 * atOnce, containers: atOnce }
  const cards = gpus && { resource: GPU, gpu: GPU.slice('gpu.'.length), units: gpus * atOnce }
  const asked = { ...brief, ...needs, ...cards, driver, job: { terms: written, bundleBytes } }
  return { manifest: mutable({ ...rest, brief: asked }), jobTerms, order: orderOf({ kind: kinds.job, replicas }) }
}

/** Types of manifests hold lists that may be changed. */
function mutable<Value>(value: Value): Mutable<Value> {
  return value as Mutable<Value> // CAST: nobody changes it
}
type Mutable<Value> = Value extends (...args: never) => unknown
  ? Value
  : { -readonly [Key in keyof Value]: Value[Key] extends object ? Mutable<Value[Key]> : Value[Key] }

/** What a task does: it ends so, or throws, once `until` is over. Absent: exits with 0 at once. */
export type TaskScript = (task: number, attempt: number) => ExitReason | Error | Promise<ExitReason | Error> | undefined

/** A driver that writes each task's number into its output and ends as the script says. `runs`: tasks in the order they were begun. */
export function createFakeTasks(script: TaskScript = () => undefined) {
  const runs: number[] = []
  const base = createFakeDriver(openTestHost({}))
  const driver: TaskDriver = {
    ...base,
    capabilities: { ...base.capabilities, tasks: true },
    async runTask(spec, signal) {
      const task = Number(spec.environment.TENDER_TASK)
      const attempt = runs.filter((other) => other === task).length
      runs.push(task)
      const end = (await orAborted(script(task, attempt), signal)) ?? { kind: 'exited', code: 0 }
      if (end instanceof Error) throw end
      if (end.kind === 'exited') await writeFile(join(spec.outputDir, 'number'), `${task}`)
      const line = { atMs: 1, service: 'task', stream: 'stdout', text: `task ${task}` } as const
      return { reason: end, usage: { cpuMs: 1, memoryPeakBytes: 1 }, log: [line] }
    },
  }
  return { driver, runs }
}

function orAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([value, promise])
}
