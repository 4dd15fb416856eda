import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlockSource, type ContentStore, ContentUnavailableError } from '@tender/content'
import { type Driver, isTaskDriver, type TaskDriver, UnsupportedWorkloadError } from '@tender/driver'
import type { Collection } from '@tender/kit'
import type { JudgedTask } from '@tender/network'
import {
  InvalidInputError,
  type JobResult,
  jobResultSchema,
  MAX_RESULT_BYTES,
  RESULT_FILE,
  resourceId,
  type TaskRecord,
  TenderError,
} from '@tender/protocol'
import type { Address, Hex } from 'viem'
import { type Budget, createBudget } from './budget.ts'
import { BadBundleError, type Bundle, openBundle } from './bundle.ts'
import { type DrawnJob, tasksToJudge } from './drawnJob.ts'
import { SlowSourcesError } from './fetching.ts'
import { type Finding, failedAsWhole, tenantsFault } from './finding.ts'
import type { InTurn } from './inTurn.ts'
import { createJobContent, isBadContent, type JobContent } from './jobContent.ts'
import type { JobsConfig } from './jobsConfig.ts'
import { declineReason } from './policy.ts'
import { judgeTask, type RerunTools } from './rerun.ts'
import { resultFaults } from './resultFaults.ts'

/** With what jobs are judged. */
export type JudgeTools = {
  me: Address
  store: ContentStore
  drivers: readonly Driver[]
  /** Tasks that were judged before, by {@link outcomeKey}. */
  outcomes: Collection<JudgedTask>
  /** Who may have a job's content, the provider first. @throws while that cannot be told: then nobody is to blame */
  sourcesOf(job: DrawnJob, signal: AbortSignal): Promise<readonly BlockSource[]>
  /** Hashes of the chain's blocks. */
  hashesOf(blocks: readonly number[]): Promise<ReadonlyMap<number, Hex>>
  /** Runs one piece of work after the other: what is run again has the machine to itself. */
  inTurn: InTurn
  nowSeconds(): number
  /** A folder of this host; what lies in it may be removed. */
  workDir: string
  config: JobsConfig
}

/** Why this monitor does not judge a job, thrown from within. */
class DeclinedError extends TenderError {
  constructor(why: string) {
    super(why, { code: 'jobDeclined', class: 'limit' })
  }
}

/**
 * Judges a job's result: its records, and what comes out when the tasks that were drawn are run again. What is the provider's fault
 * is a failed verdict, what is the tenant's a passed one; what is this host's own fault is thrown, to be tried again. Tasks that were
 * judged before are not run again.
 */
export async function judgeJob(tools: JudgeTools, job: DrawnJob, signal: AbortSignal): Promise<Finding> {
  const why = declineReason(job, tools.config)
  if (why) return { kind: 'declined', why }
  // A challenge may come while the first seed is judged yet.
  const workDir = join(tools.workDir, `${job.lease}-${job.verdictSeed}`)
  try {
    const sources = await tools.sourcesOf(job, signal)
    const { store } = tools
    const content = createJobContent({ store, lease: job.lease, sources, seconds: fetchSeconds(job) }, signal)
    // What is brought here piece by piece is not to be collected meanwhile.
    return await store.writing(() => judge({ ...tools, workDir }, job, content, signal))
  } catch (error) {
    signal.throwIfAborted()
    return findingOf(error, tools.nowSeconds())
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/** Under which the outcome of a task is kept: a result's root names all outputs. */
export function outcomeKey({ lease, root }: Pick<DrawnJob, 'lease' | 'root'>, task: number): string {
  return `${lease}/${root}/${task}`
}

/** Several times this is the time that validators have. What came in one try need not come in the next. */
function fetchSeconds({ state: { since, verdictUntil = since } }: DrawnJob): number {
  return (verdictUntil - since) / 8
}

function findingOf(error: unknown, since: number): Finding {
  if (error instanceof DeclinedError) return { kind: 'declined', why: error.message }
  if (error instanceof UnsupportedWorkloadError) return { kind: 'declined', why: error.message }
  if (error instanceof ContentUnavailableError || error instanceof SlowSourcesError) {
    return { kind: 'unserved', what: error.message, since, tries: 1 }
  }
  if (error instanceof BadBundleError) return tenantsFault(error.message)
  throw error
}

async function judge(tools: JudgeTools, job: DrawnJob, content: JobContent, signal: AbortSignal): Promise<Finding> {
  const bundle = await bringBundle(tools, job, content, signal)
  const rerun = await chooseDrivers(tools, job, bundle, signal)
  const result = await bringResult(job, content)
  if ('fault' in result) return failedAsWhole([result.fault])
  const faults = await resultFaults(result, job, { outputBytes: bundle.job.job.outputBytes, hashesOf: tools.hashesOf })
  if (faults.length > 0) return failedAsWhole(faults)
  const tasks: JudgedTask[] = []
  const { mostSeconds } = tools.config
  const tooLong = () => new DeclinedError(`running its tasks again takes longer than ${mostSeconds} s`)
  const running = createBudget(mostSeconds * 1_000, signal, tooLong)
  for (const task of tasksToJudge(job)) {
    const record = result.records.find((one) => one.task === task)
    if (record) tasks.push(await judgeOnce(tools, { ...rerun, bundle }, { job, record, content, running }))
  }
  return { kind: 'judged', passed: tasks.every(({ same }) => same), reasons: { tasks, faults: [] } }
}

async function bringBundle(
  { config: { mostBytes }, workDir }: JudgeTools,
  { jobTerms }: DrawnJob,
  content: JobContent,
  signal: AbortSignal,
): Promise<Bundle> {
  try {
    const root = await content.fetch(jobTerms.inputs, 'bundle', mostBytes)
    const bundle = await openBundle(content, root, { dir: join(workDir, 'bundle'), jobTerms, bytes: mostBytes }, signal)
    const outputBytes = bundle.job.job.outputBytes * jobTerms.sample
    if (outputBytes > mostBytes) throw new DeclinedError(`outputs of ${outputBytes} bytes, the most is ${mostBytes}`)
    return bundle
  } catch (error) {
    if (!isBadContent(error)) throw error
    if (error.code !== 'contentTooLarge') throw new BadBundleError(error.message, error)
    // It may be as large as the tenant likes, but not for this monitor.
    throw new DeclinedError(`its bundle is too large, the most is ${mostBytes} bytes`)
  }
}

/** What runs the tasks, and, where the tenant has a comparator, that too. */
async function chooseDrivers(
  { me, drivers, store, workDir }: JudgeTools,
  { lease, terms }: DrawnJob,
  { kind, job: { job } }: Bundle,
  signal: AbortSignal,
): Promise<Omit<RerunTools, 'bundle'>> {
  const find = (wanted: Bundle['kind']): TaskDriver => {
    const driver = drivers.find((one) => one.kind === wanted)
    if (driver && isTaskDriver(driver)) return driver
    throw new DeclinedError(`its tasks need the ${wanted} driver, which does not run here`)
  }
  const driver = find(kind)
  return {
    driver,
    ...(job.compare !== 'bytes' && { comparing: find('wasm') }),
    ...(job.gpus && { gpus: await findGpus(driver, { resource: terms.resource, count: job.gpus }, signal) }),
    store,
    me,
    lease,
    order: terms.order,
    workDir,
  }
}

async function findGpus(
  driver: Driver,
  { resource, count }: { resource: Hex; count: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = await driver.probe(signal)
  if (!host.healthy) throw new Error(`the ${driver.kind} driver does not work now: ${host.reason}`)
  const fitting = (host.gpus ?? []).filter((gpu) => resourceId(gpu.resource) === resource)
  if (fitting.length < count) throw new DeclinedError(`its tasks need ${count} GPUs of its class`)
  return fitting.slice(0, count).map(({ id }) => id)
}

/** The provider's `result.json`, or what is wrong with it. */
async function bringResult({ cid }: DrawnJob, content: JobContent): Promise<JobResult | { fault: string }> {
  try {
    const bytes = await content.fetchFile(cid, RESULT_FILE, MAX_RESULT_BYTES)
    if (!bytes) return { fault: `the result has no ${RESULT_FILE}` }
    const parsed = jobResultSchema.safeParse(JSON.parse(Buffer.from(bytes).toString()))
    return parsed.data ?? { fault: `the result's ${RESULT_FILE} is none` }
  } catch (error) {
    if (error instanceof SyntaxError) return { fault: `the result's ${RESULT_FILE} is no JSON` }
    if (isBadContent(error) || error instanceof InvalidInputError) return { fault: error.message }
    throw error
  }
}

/** One task of a result. `running`: the time that is left for running tasks again. */
type Asked = { record: TaskRecord; content: JobContent; running: Budget }

async function judgeOnce(
  { outcomes, inTurn }: JudgeTools,
  rerun: RerunTools,
  { job, ...asked }: { job: DrawnJob } & Asked,
): Promise<JudgedTask> {
  const key = outcomeKey(job, asked.record.task)
  const known = outcomes.get(key)
  if (known) return known
  const outcome = await judgeOutput(rerun, inTurn, asked)
  outcomes.set(key, outcome)
  return outcome
}

async function judgeOutput(
  rerun: RerunTools,
  inTurn: InTurn,
  { record, content, running }: Asked,
): Promise<JudgedTask> {
  const { task, output } = record
  try {
    const claimed = await content.fetch(output, `output/${task}`, rerun.bundle.job.job.outputBytes)
    return await inTurn(() => running((within) => judgeTask(rerun, record, claimed, within)))
  } catch (error) {
    if (isBadContent(error)) return { task, same: false, detail: error.message }
    throw error
  }
}
