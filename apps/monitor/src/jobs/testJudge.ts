import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type BlockSource,
  type ContentStore,
  type ContentTree,
  cidOf,
  digestOf,
  openContentStore,
} from '@tender/content'
import { type Driver, type ExitReason, isTaskDriver, type TaskDriver, type TaskSpec } from '@tender/driver'
import { createFakeDriver, createFakeHost } from '@tender/driver/fake'
import {
  canonicalJson,
  type JobTerms,
  jobText,
  RESULT_FILE,
  resultRoot,
  type TaskRecord,
  tasksOfReplica,
  watermarksOf,
} from '@tender/protocol'
import { type Hex, numberToHex, stringToBytes, zeroHash } from 'viem'
import { onTestFinished } from 'vitest'
import type { DrawnJob } from './drawnJob.ts'
import { createTurns } from './inTurn.ts'
import { jobsConfigSchema } from './jobsConfig.ts'
import { type JudgeTools, judgeJob } from './judgeJob.ts'
import { addressOf, drawnJob, jobTerms, lease, NOW, openMemoryStore, terms } from './testJobs.ts'
import { openVerdictBook } from './verdictBook.ts'

// A tenant's bundle and a provider's result in real stores, and a validator that judges them with a driver whose programs follow a script.

/** What a program leaves: the files of its output by name, and how it ended. */
export type ProgramEnd = { files?: Readonly<Record<string, string | Uint8Array>>; ends?: ExitReason }
/** `run`: how often this task was run before. */
export type Program = (task: number, run: number) => ProgramEnd | Promise<ProgramEnd>
/** What a comparator sees of both sides; answers how it ends. */
export type Comparator = (
  claimed: Readonly<Record<string, string>>,
  again: Readonly<Record<string, string>>,
) => ExitReason

export const exited = (code: number): ExitReason => ({ kind: 'exited', code })
export const square: Program = (task) => ({ files: { 'value.txt': `${task * task}` } })

const wasm = (text: string) => new Uint8Array([0, 0x61, 0x73, 0x6d, ...stringToBytes(text)])
const sha256Of = (bytes: Uint8Array): Hex => `0x${createHash('sha256').update(bytes).digest('hex')}`
export const programFile = wasm('a program')
export const comparatorFile = wasm('a comparator')

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-validator-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function openTestContent(): ContentStore {
  const store = openContentStore(temporaryDir(), { bytes: 1e9 })
  onTestFinished(() => store.close())
  return store
}

/** A driver whose tasks and comparator do what the scripts say. `runs`: the tasks that it ran. */
export function createScriptedDriver(program: Program, comparator?: Comparator) {
  const runs: number[] = []
  const base = createFakeDriver(createFakeHost({}))
  const driver: TaskDriver = {
    ...base,
    kind: 'wasm',
    capabilities: { ...base.capabilities, tasks: true },
    async runTask(spec: TaskSpec, signal: AbortSignal) {
      const end = isComparison(spec) ? compared(spec, comparator) : ran(spec)
      const { files = {}, ends = exited(0) } = await orAborted(end, signal)
      if (ends.kind === 'exited') await writeFiles(spec.outputDir, files)
      return { reason: ends, usage: { cpuMs: 1, memoryPeakBytes: 1 }, log: [] }
    },
  }
  const ran = (spec: TaskSpec) => {
    const task = Number(spec.environment.TENDER_TASK)
    const run = runs.filter((other) => other === task).length
    runs.push(task)
    return program(task, run)
  }
  return { driver, runs }
}

function orAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([value, promise])
}

const isComparison = ({ environment }: TaskSpec) => environment.TENDER_TASK === undefined

async function compared({ inputDir = '' }: TaskSpec, comparator: Comparator | undefined): Promise<ProgramEnd> {
  if (!comparator) throw new Error('there is no comparator')
  return { ends: comparator(await readFiles(join(inputDir, 'claimed')), await readFiles(join(inputDir, 'again'))) }
}

async function writeFiles(dir: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
}

async function readFiles(dir: string): Promise<Record<string, string>> {
  const names = await readdir(dir)
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), 'utf8')])),
  )
}

/** The chain's block of a number. */
export const hashOf = (block: number): Hex => numberToHex(block * 7 + 1, { size: 32 })

export type SceneOptions = {
  terms?: Partial<JobTerms>
  replicas?: number
  outputBytes?: number
  /** A comparator instead of bytes. */
  compares?: boolean
  gpus?: number
  /** What the provider's own runs give. */
  provided?: Program
  /** The files of the program and the comparator. */
  files?: { program: Uint8Array; comparator: Uint8Array }
  env?: Record<string, string>
}

/** A job that was submitted: its content is in `store`, which a provider serves. */
export async function makeScene({
  terms: over = {},
  replicas = 1,
  outputBytes = 1_000,
  compares = false,
  gpus,
  provided = square,
  files = { program: programFile, comparator: comparatorFile },
  env = {},
}: SceneOptions = {}) {
  const store = openTestContent()
  const [program, comparator] = [sha256Of(files.program), sha256Of(files.comparator)]
  const tasks = over.tasks ?? jobTerms.tasks
  const image = { kind: 'blob', sha256: program, bytes: files.program.length } as const
  const size = { cpuMillis: 500, memoryBytes: 2 ** 26 }
  const text = jobText({
    version: 2,
    services: [{ name: 'task', image, args: [], env, ports: [], replicas: 1, ...size }],
    volumes: [],
    job: {
      tasks,
      outputBytes,
      compare: compares ? { kind: 'blob', sha256: comparator, bytes: files.comparator.length } : 'bytes',
      ...(gpus && { gpus }),
    },
    salt: zeroHash,
  })
  const blobs = { [program.slice(2)]: files.program, ...(compares && { [comparator.slice(2)]: files.comparator }) }
  const bundle = await store.putTree({ 'job.json': stringToBytes(text), blobs, input: {} })
  const job: DrawnJob = {
    ...drawnJob,
    replicas,
    jobTerms: {
      ...jobTerms,
      ...over,
      comparator: compares ? comparator : zeroHash,
      inputs: digestOf(bundle),
    },
  }
  const records: TaskRecord[] = []
  for (const [at, task] of tasksOfReplica(tasks, replicas, terms.index).entries()) {
    records.push(await record(store, task, await provided(task, 0), job.begunBlock + at))
  }
  return { store, job, records, submit: (change: Submission = {}) => submit(store, job, records, change) }
}

/** What a task's record says. */
export async function record(
  store: ContentStore,
  task: number,
  { files = {}, ends = exited(0) }: ProgramEnd,
  block: number,
): Promise<TaskRecord> {
  const bytesOf = (content: string | Uint8Array) => (typeof content === 'string' ? stringToBytes(content) : content)
  const tree = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, bytesOf(content)]))
  const output = digestOf(await store.putTree(tree))
  const outputBytes = Object.values(tree).reduce((sum, { length }) => sum + length, 0)
  return { task, exit: ends.kind === 'exited' ? ends.code : 134, output, outputBytes, block, blockHash: hashOf(block) }
}

export type Submission = {
  records?: readonly TaskRecord[]
  /** What `result.json` says of whose it is, and of whom the watermarks are. */
  said?: { lease: Hex; provider: bigint }
  marked?: { lease: Hex; provider: bigint }
  /** Instead of `result.json`. */
  text?: string
}

async function submit(
  store: ContentStore,
  job: DrawnJob,
  honest: readonly TaskRecord[],
  { records = honest, said, marked, text }: Submission,
): Promise<DrawnJob> {
  const own = { lease, provider: job.terms.provider }
  const { cid } = await publish(store, said ?? own, records, text)
  return { ...job, cid, root: resultRoot(watermarksOf({ ...(marked ?? own), records })) }
}

/** Makes a result's directory, as a provider does. */
export async function publish(
  store: ContentStore,
  { lease, provider }: { lease: Hex; provider: bigint },
  records: readonly TaskRecord[],
  text?: string,
): Promise<{ cid: string; root: Hex }> {
  const result = text ?? canonicalJson({ version: 1, lease, provider: provider.toString(), records: [...records] })
  const outputs: ContentTree = Object.fromEntries(records.map(({ task, output }) => [`${task}`, cidOf(output)]))
  const cid = await store.putTree({ [RESULT_FILE]: stringToBytes(result), outputs })
  return { cid: cid.toString(), root: resultRoot(watermarksOf({ lease, provider, records })) }
}

/** Gives what a store has. */
export const sourceOf = (store: Pick<ContentStore, 'block'>): BlockSource => ({
  async *blocks(cids) {
    for (const cid of cids) {
      const bytes = await store.block(cid)
      if (bytes) yield { cid, bytes }
    }
  },
})

/** A validator with a store of its own. */
export function createJudge(
  drivers: readonly Driver[],
  sources: readonly BlockSource[],
  over: Partial<JudgeTools> = {},
) {
  if (!drivers.every(isTaskDriver)) throw new Error('a driver runs no tasks')
  const tools: JudgeTools = {
    me: addressOf(0),
    store: openTestContent(),
    drivers,
    outcomes: openVerdictBook(openMemoryStore(), async () => zeroHash).outcomes,
    sourcesOf: async () => sources,
    hashesOf: async (blocks) => new Map(blocks.map((block) => [block, hashOf(block)])),
    inTurn: createTurns(),
    nowSeconds: () => NOW,
    workDir: temporaryDir(),
    config: jobsConfigSchema.parse({}),
    ...over,
  }
  return { tools, judge: (job: DrawnJob) => judgeJob(tools, job, AbortSignal.timeout(120_000)) }
}
