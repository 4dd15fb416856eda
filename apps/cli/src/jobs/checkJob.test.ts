import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, openContentStore } from '@tender/content'
import type { ExitReason, TaskDriver, TaskResult } from '@tender/driver'
import { createFakeDriver, createFakeHost } from '@tender/driver/fake'
import type { JobPlan } from '@tender/tenant/jobs'
import { stringToBytes, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { checkJob } from './checkJob.ts'

// What a task does is scripted here: the Wasm driver makes modules deterministic, so that a real one hardly shows a difference.

type Ends = { reason?: ExitReason; text: string }

const exited = (code: number): ExitReason => ({ kind: 'exited', code })
/** Any will do: what it says is scripted too. */
const COMPARATOR = { kind: 'wasm', sha256: zeroHash, bytes: 1 }

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-check-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

type Given = { tasks?: number; compare?: 'bytes' | typeof COMPARATOR; verdict?: ExitReason }

/** Checks a job whose runs end so, one after the other, and whose comparator so. */
async function check(runs: readonly Ends[], { tasks = 1, compare = 'bytes', verdict = exited(0) }: Given = {}) {
  const store = openContentStore(folder(), { bytes: 1e8 })
  onTestFinished(() => store.close())
  const root = await store.putTree({ 'job.json': stringToBytes('{}'), blobs: {} })
  const service = { name: 'task', image: { kind: 'blob', sha256: zeroHash, bytes: 1 }, args: [], env: {}, ports: [] }
  const manifest = {
    brief: { driver: 'wasm' },
    services: [{ ...service, replicas: 1, cpuMillis: 500, memoryBytes: 2 ** 26 }],
    job: { tasks, outputBytes: 1_000, compare },
  }
  // CAST: nothing else is looked at
  const plan = { manifest, bundle: { root, digest: digestOf(root), bytes: 1_000 } } as unknown as JobPlan
  const base = createFakeDriver(createFakeHost({}))
  const ends = (reason: ExitReason): TaskResult => {
    const line = { atMs: 1, service: 'task', stream: 'stderr', text: 'what it said last' } as const
    return { reason, usage: { cpuMs: 1, memoryPeakBytes: 1 }, log: [line] }
  }
  const scripted = (runTask: TaskDriver['runTask']): TaskDriver => ({
    ...base,
    capabilities: { ...base.capabilities, tasks: true },
    runTask,
  })
  let run = 0
  const driver = scripted(async ({ outputDir }) => {
    const { reason = exited(0), text } = runs[run++] ?? { text: '' }
    await writeFile(join(outputDir, 'out.txt'), text)
    return ends(reason)
  })
  const shown: string[][] = []
  const comparing = scripted(async ({ inputDir = '' }) => {
    shown.push(['claimed', 'again'].map((one) => readFileSync(join(inputDir, one, 'out.txt'), 'utf8')))
    return ends(verdict)
  })
  const drivers = { driver, ...(compare !== 'bytes' && { comparing }) }
  const checked = await checkJob({ plan, store, ...drivers }, AbortSignal.timeout(30_000))
  return { ...checked, runs: run, shown }
}

test('a task that writes the same twice is fine', async () => {
  expect(await check([{ text: 'same' }, { text: 'same' }])).toMatchObject({ tasks: 1, outputBytes: 4, runs: 2 })
})

test('of many tasks the first two are run', async () => {
  const runs = ['one', 'one', 'three', 'three'].map((text) => ({ text }))
  expect(await check(runs, { tasks: 100 })).toMatchObject({ tasks: 2, outputBytes: 5, runs: 4 })
  const differing = check([...runs.slice(0, 3), { text: 'other' }], { tasks: 2 })
  await expect(differing).rejects.toMatchObject({ code: 'notDeterministic', data: { task: 1 } })
})

test('a comparator says what is the same', async () => {
  const runs = [{ text: '1.0' }, { text: '1.1' }]
  expect(await check(runs, { compare: COMPARATOR })).toMatchObject({ shown: [['1.0', '1.1']] })
  const far = check(runs, { compare: COMPARATOR, verdict: exited(1) })
  await expect(far).rejects.toMatchObject({ code: 'notDeterministic', message: expect.stringContaining('comparator') })
})

test('a comparator that does not take what is the same for the same is told', async () => {
  const runs = [{ text: '1.0' }, { text: '1.0' }]
  const traps = check(runs, { compare: COMPARATOR, verdict: { kind: 'crashed', detail: 'unreachable' } })
  await expect(traps).rejects.toMatchObject({
    code: 'notDeterministic',
    message: expect.stringContaining('comparator'),
  })
})

test('one that writes something else is not deterministic', async () => {
  await expect(check([{ text: 'one' }, { text: 'two' }])).rejects.toMatchObject({
    code: 'notDeterministic',
    class: 'workload',
    hint: expect.stringContaining('comparator'),
  })
})

test('one that fails is told with its log', async () => {
  const failing = check([{ reason: { kind: 'exited', code: 3 }, text: '' }])
  await expect(failing).rejects.toMatchObject({
    code: 'taskFails',
    message: expect.stringContaining('what it said last'),
  })
})

test('one that passes a limit is told', async () => {
  const killed = check([{ reason: { kind: 'killed', by: 'disk', detail: 'it wrote more than 1000 bytes' }, text: '' }])
  await expect(killed).rejects.toMatchObject({ code: 'taskFails', data: { task: 0, reason: 'killed' } })
})
