import { type ContentStore, cidOf, digestOf, openContentStore } from '@tender/content'
import { StartFailedError } from '@tender/driver'
import { sampledTasks, type TaskRecord, tasksOfReplica } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { tasksToJudge } from './drawnJob.ts'
import { lease, seedOf } from './testJobs.ts'
import {
  type Comparator,
  createJudge,
  createScriptedDriver,
  exited,
  hashOf,
  makeScene,
  type Program,
  type SceneOptions,
  type Submission,
  sourceOf,
  square,
  temporaryDir,
} from './testJudge.ts'

/** What a validator finds whose own program is `program`. */
async function findingOf(
  options: SceneOptions,
  submission: Submission = {},
  program = square,
  comparator?: Comparator,
) {
  const scene = await makeScene(options)
  const { driver, runs } = createScriptedDriver(program, comparator)
  const job = await scene.submit(submission)
  const { judge } = createJudge([driver], [sourceOf(scene.store)])
  return { finding: await judge(job), runs, job }
}

const failedBy = (fault: string) => ({
  kind: 'judged',
  passed: false,
  reasons: { tasks: [], faults: [expect.stringContaining(fault)] },
})

test('an honest result passes, and says of each task that was run again that it is the same', async () => {
  const { finding, runs, job } = await findingOf({})
  const sampled = tasksToJudge(job)
  expect(sampled).toHaveLength(3)
  expect(runs).toEqual(sampled)
  const detail = 'the output is the same, byte by byte; exit 0'
  const tasks = sampled.map((task) => ({ task, same: true, detail }))
  expect(finding).toEqual({ kind: 'judged', passed: true, reasons: { tasks, faults: [] } })
})

test('garbage in a fifth of the tasks is found if, and only if, one of them is drawn', async () => {
  const garbage = new Set([2, 7])
  const provided: Program = (task) => (garbage.has(task) ? { files: { 'value.txt': 'garbage' } } : square(task, 0))
  const scene = await makeScene({ provided })
  const submitted = await scene.submit()
  const { judge } = createJudge([createScriptedDriver(square).driver], [sourceOf(scene.store)])
  let caught = 0
  for (let draw = 1; draw <= 30; draw++) {
    const job = { ...submitted, seed: seedOf(draw) }
    const drawn = sampledTasks(job.seed, tasksOfReplica(10, 1, 0), 3).filter((task) => garbage.has(task))
    const finding = await judge(job)
    expect(finding).toMatchObject({ kind: 'judged', passed: drawn.length === 0 })
    if (drawn.length > 0) caught += 1
  }
  // By chance 16 of 30, with these seeds exactly so many.
  expect(caught).toBeGreaterThan(8)
  expect(caught).toBeLessThan(25)
})

test('what the tenant challenges is run again too; a task of another lease is not', async () => {
  const provided: Program = (task) => (task === 8 ? { files: {} } : square(task, 0))
  const scene = await makeScene({ provided, replicas: 2, terms: { sample: 1 } })
  const job = { ...(await scene.submit()), seed: seedOf(1), challenged: [8, 5] }
  expect(tasksToJudge({ ...job, challenged: [] })).not.toContain(8)
  const { judge } = createJudge([createScriptedDriver(square).driver], [sourceOf(scene.store)])
  expect(await judge({ ...job, challenged: [] })).toMatchObject({ passed: true })
  const { reasons } = expectJudged(await judge(job))
  expect(reasons.tasks.filter(({ same }) => !same).map(({ task }) => task)).toEqual([8])
  expect(reasons.tasks.map(({ task }) => task)).not.toContain(5)
})

type Judged = Extract<Awaited<ReturnType<ReturnType<typeof createJudge>['judge']>>, { kind: 'judged' }>

function expectJudged(finding: Awaited<ReturnType<ReturnType<typeof createJudge>['judge']>>): Judged {
  if (finding.kind !== 'judged') throw new Error(`it was not judged: ${JSON.stringify(finding)}`)
  return finding
}

const other = { lease: `0x${'99'.repeat(32)}` as Hex, provider: 8n } // CAST: 32 bytes

test.each<[string, Submission | ((records: readonly TaskRecord[]) => Submission), string]>([
  ["another provider's result, as it is", { said: other, marked: other }, 'the result is of lease 0x9999'],
  ["another provider's result under its own name", { marked: other }, 'which is not what was submitted'],
  ['a task is left out', (records) => ({ records: records.slice(1) }), 'task 0 was not done'],
  ['a task is there twice', (records) => ({ records: [...records, ...records.slice(9)] }), 'task 9 is there twice'],
  [
    'an old job’s result: its blocks are from before',
    (records) => ({
      records: records.map((one) => ({ ...one, block: one.block - 50, blockHash: hashOf(one.block - 50) })),
    }),
    'names block 50, outside of the time in which it was to be done',
  ],
  [
    'a block that was not there yet',
    (records) => ({ records: records.map((one) => ({ ...one, block: 201, blockHash: hashOf(201) })) }),
    'names block 201, outside',
  ],
  [
    'a hash that the chain does not have',
    (records) => ({ records: records.map((one) => ({ ...one, blockHash: hashOf(7) })) }),
    'names a hash that block 100 does not have',
  ],
  ['no result at all', { text: 'nothing' }, 'is no JSON'],
  ['a result of another form', { text: '{"version":2}' }, "the result's result.json is none"],
  [
    'an output that is too large',
    (records) => ({ records: records.map((one) => ({ ...one, outputBytes: 2_000 })) }),
    '2000 bytes',
  ],
])('%s has failed, and nothing is run', async (_name, change, fault) => {
  const scene = await makeScene()
  const job = await scene.submit(typeof change === 'function' ? change(scene.records) : change)
  const { driver, runs } = createScriptedDriver(square)
  const { judge } = createJudge([driver], [sourceOf(scene.store)])
  const finding = expectJudged(await judge(job))
  expect(finding.passed).toBe(false)
  expect(finding.reasons.faults.join()).toContain(fault)
  expect(runs).toEqual([])
})

test('progress that is of no beginning of the records has failed', async () => {
  const scene = await makeScene()
  const { judge } = createJudge([createScriptedDriver(square).driver], [sourceOf(scene.store)])
  expect(await judge({ ...(await scene.submit()), progress: [hashOf(1)] })).toEqual(failedBy('is of no beginning'))
})

test('a task that fails passes, where failing is right; one that failed for its provider alone has failed', async () => {
  const fails: Program = (task) => (task % 2 ? { ends: exited(3), files: { log: 'no' } } : square(task, 0))
  const traps: Program = () => ({ ends: { kind: 'crashed', detail: 'unreachable' } })
  expect((await findingOf({ provided: fails }, {}, fails)).finding).toMatchObject({ passed: true })
  expect((await findingOf({ provided: traps }, {}, traps)).finding).toMatchObject({ passed: true })
  const { finding } = await findingOf({ provided: traps })
  expect(expectJudged(finding).reasons.tasks[0]).toMatchObject({
    same: false,
    detail: 'it ended with 134, and then with 0',
  })
})

test('an output that cannot be content is none, for its provider and for the validator', async () => {
  const odd: Program = () => ({ files: { 'a\\b': 'odd' } })
  const none: Program = () => ({ ends: exited(137) })
  const { finding } = await findingOf({ provided: none }, {}, odd)
  const { passed, reasons } = expectJudged(finding)
  expect(passed).toBe(true)
  expect(reasons.tasks[0]?.detail).toBe('the output is the same, byte by byte; exit 137')
})

// Values that a GPU makes: the same up to a digit.
const near: Program = () => ({ files: { 'value.txt': '1.001' } })
const exact: Program = () => ({ files: { 'value.txt': '1.000' } })
const within =
  (tolerance: number): Comparator =>
  (claimed, again) =>
    exited(Math.abs(Number(claimed['value.txt']) - Number(again['value.txt'])) <= tolerance ? 0 : 1)

test('a comparator decides what is the same', async () => {
  const passed = await findingOf({ compares: true, provided: near }, {}, exact, within(0.01))
  expect(passed.finding).toMatchObject({ passed: true })
  const failed = await findingOf({ compares: true, provided: near }, {}, exact, within(0.000_1))
  expect(expectJudged(failed.finding).reasons.tasks[0]).toMatchObject({
    same: false,
    detail: 'the comparator ends with 1',
  })
})

test('a comparator that traps whatever it is given is the fault of its tenant; the provider is paid', async () => {
  const trap: Comparator = () => ({ kind: 'crashed', detail: 'unreachable' })
  // Each run gives something else, so that outputs have to be compared.
  const noisy: Program = (task, run) => ({ files: { 'value.txt': `${task} ${run + 1}` } })
  const { finding } = await findingOf({ compares: true, provided: near }, {}, noisy, trap)
  const { passed, reasons } = expectJudged(finding)
  expect(passed).toBe(true)
  expect(reasons.tasks[0]?.detail).toContain("by the tenant's own fault")
})

test('a provider cannot make a comparator trap and be paid for it', async () => {
  const trapsOnGarbage: Comparator = (claimed) =>
    Number.isNaN(Number(claimed['value.txt'])) ? { kind: 'crashed', detail: 'unreachable' } : exited(0)
  const garbage: Program = () => ({ files: { 'value.txt': 'garbage' } })
  const { finding } = await findingOf({ compares: true, provided: garbage }, {}, exact, trapsOnGarbage)
  const { passed, reasons } = expectJudged(finding)
  expect(passed).toBe(false)
  expect(reasons.tasks[0]?.detail).toBe('the comparator did not end by itself (crashed)')
})

test('work that is never the same twice cannot be judged by its bytes; the provider is paid', async () => {
  const random: Program = (task, run) => ({ files: { 'value.txt': `${task} ${run + 1}` } })
  const { finding, runs } = await findingOf({ provided: near }, {}, random)
  expect(expectJudged(finding).passed).toBe(true)
  // Run twice each, to find out.
  expect(runs).toHaveLength(6)
})

test('what is not served is nobody’s verdict yet: the bundle, the result, an output', async () => {
  const scene = await makeScene()
  const job = await scene.submit()
  const { driver } = createScriptedDriver(square)
  expect(await createJudge([driver], []).judge(job)).toMatchObject({ kind: 'unserved' })
  const nothingThere = { ...job, cid: cidOf(hashOf(9)).toString() }
  expect(await createJudge([driver], [sourceOf(scene.store)]).judge(nothingThere)).toMatchObject({ kind: 'unserved' })
  // Its output was never made.
  const elsewhere = await makeScene({ provided: near })
  const claimed = await elsewhere.submit()
  expect(await createJudge([driver], [without(elsewhere.store, elsewhere.records)]).judge(claimed)).toMatchObject({
    kind: 'unserved',
  })
})

/** Serves all but the outputs. */
function without(store: ContentStore, records: readonly TaskRecord[]) {
  const hidden = records.map(({ output }) => output.slice(2))
  return sourceOf({
    block: async (cid) =>
      hidden.includes(Buffer.from(cid.subarray(4)).toString('hex')) ? undefined : store.block(cid),
  })
}

test('a provider that sends nothing, or so slowly that it cannot be judged in time, has not served it', async () => {
  const scene = await makeScene()
  const job = await scene.submit()
  const silent = {
    async *blocks(_cids: unknown, signal: AbortSignal) {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  const { judge } = createJudge([createScriptedDriver(square).driver], [silent])
  const soonOver = { ...job, state: { ...job.state, verdictUntil: job.state.since + 2 } }
  expect(await judge(soonOver)).toMatchObject({ kind: 'unserved', what: 'its content did not come within 0.25 s' })
})

test('tasks that take longer than this monitor gives them are left to others', async () => {
  const scene = await makeScene()
  const endless: Program = () => new Promise(() => {})
  const { driver } = createScriptedDriver(endless)
  const { tools } = createJudge([driver], [])
  const config = { ...tools.config, mostSeconds: 1 }
  const { judge } = createJudge([driver], [sourceOf(scene.store)], { config })
  const job = { ...(await scene.submit()), end: scene.job.terms.start + 1 }
  expect(await judge(job)).toEqual({
    kind: 'declined',
    why: 'running its tasks again takes longer than 1 s',
  })
})

test('a second source has what the provider does not serve', async () => {
  const scene = await makeScene()
  const { driver } = createScriptedDriver(square)
  const gone = {
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    async *blocks() {
      throw new Error('connection refused')
    },
  }
  const { judge } = createJudge([driver], [gone, sourceOf(scene.store)])
  expect(await judge(await scene.submit())).toMatchObject({ passed: true })
})

test('its own trouble is thrown: a driver that cannot start, a task that the host lost, a store that is full', async () => {
  const scene = await makeScene()
  const job = await scene.submit()
  const sources = [sourceOf(scene.store)]
  const broken: Program = () => Promise.reject(new StartFailedError(lease, 'no such device'))
  await expect(createJudge([createScriptedDriver(broken).driver], sources).judge(job)).rejects.toMatchObject({
    code: 'startFailed',
  })
  const lost: Program = () => ({ ends: { kind: 'lost' } })
  await expect(createJudge([createScriptedDriver(lost).driver], sources).judge(job)).rejects.toMatchObject({
    code: 'taskLost',
  })
  const store = openContentStore(temporaryDir(), { bytes: 100 })
  await expect(
    createJudge([createScriptedDriver(square).driver], sources, { store })
      .judge(job)
      .finally(() => store.close()),
  ).rejects.toMatchObject({ code: 'storeFull' })
})

test('what is too dear, or does not run here, is declined', async () => {
  const scene = await makeScene({ gpus: 1 })
  const job = await scene.submit()
  const { driver, runs } = createScriptedDriver(square)
  const { tools, judge } = createJudge([driver], [sourceOf(scene.store)])
  const judgeWith = (over: Partial<typeof tools.config>) =>
    createJudge([driver], [sourceOf(scene.store)], { config: { ...tools.config, ...over } }).judge(job)
  // Ten tasks in 600 s of machine time: three of them take 180 s.
  expect(await judgeWith({ mostSeconds: 179 })).toMatchObject({
    kind: 'declined',
    why: expect.stringContaining('180 s'),
  })
  // A third of 3,000 for 180 s is 20,000 an hour.
  expect(await judgeWith({ leastFeePerHour: 20_001n })).toMatchObject({ kind: 'declined' })
  expect(await judgeWith({ mostBytes: 10 })).toMatchObject({ kind: 'declined' })
  expect(await judge(job)).toEqual({ kind: 'declined', why: 'its tasks need 1 GPUs of its class' })
  expect(await createJudge([], [sourceOf(scene.store)]).judge(job)).toEqual({
    kind: 'declined',
    why: 'its tasks need the wasm driver, which does not run here',
  })
  expect(runs).toEqual([])
})

test('a bundle that is not what the order says is the fault of its tenant', async () => {
  const scene = await makeScene()
  const job = await scene.submit()
  const { judge } = createJudge([createScriptedDriver(square).driver], [sourceOf(scene.store)])
  const other = { ...job, jobTerms: { ...job.jobTerms, tasks: 11 } }
  const { passed, reasons } = expectJudged(await judge(other))
  expect(passed).toBe(true)
  expect(reasons.faults).toEqual([
    "the job's bundle is wrong: it has 10 tasks, the order 11; that is the tenant's own fault",
  ])
  const noJob = digestOf(await scene.store.putTree({ input: {} }))
  expect(await judge({ ...job, jobTerms: { ...job.jobTerms, inputs: noJob } })).toMatchObject({ passed: true })
})

test('after a restart tasks that were judged are not run again', async () => {
  const scene = await makeScene()
  const job = await scene.submit()
  let broken = true
  const breaks: Program = (task, run) => {
    if (broken && task === tasksToJudge(job)[1]) throw new StartFailedError(lease, 'killed')
    return square(task, run)
  }
  const { driver, runs } = createScriptedDriver(breaks)
  const { judge } = createJudge([driver], [sourceOf(scene.store)])
  await expect(judge(job)).rejects.toMatchObject({ code: 'startFailed' })
  broken = false
  expect(await judge(job)).toMatchObject({ passed: true })
  const [first, second, third] = tasksToJudge(job)
  expect(runs).toEqual([first, second, second, third])
})
