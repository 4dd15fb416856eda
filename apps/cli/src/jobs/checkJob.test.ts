import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, openContentStore } from '@tender/content'
import type { ExitReason, TaskDriver } from '@tender/driver'
import { createFakeDriver, createFakeHost } from '@tender/driver/fake'
import type { JobPlan } from '@tender/tenant/jobs'
import { stringToBytes, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { checkJob } from './checkJob.ts'

// What a task does is scripted here: the Wasm driver makes modules deterministic, so that a real one hardly shows a difference.

type Ends = { reason?: ExitReason; text: string }

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-check-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Checks a job whose runs end so, one after the other. */
async function check(runs: readonly Ends[], { kind = 'wasm', compare = 'bytes' } = {}) {
  const store = openContentStore(folder(), { bytes: 1e8 })
  onTestFinished(() => store.close())
  const root = await store.putTree({ 'job.json': stringToBytes('{}'), blobs: {} })
  const service = { name: 'task', image: { kind: 'blob', sha256: zeroHash, bytes: 1 }, args: [], env: {}, ports: [] }
  const manifest = {
    brief: { driver: kind },
    services: [{ ...service, replicas: 1, cpuMillis: 500, memoryBytes: 2 ** 26 }],
    job: { tasks: 3, outputBytes: 1_000, compare },
  }
  // CAST: nothing else is looked at
  const plan = { manifest, bundle: { root, digest: digestOf(root), bytes: 1_000 } } as unknown as JobPlan
  const base = createFakeDriver(createFakeHost({}))
  let run = 0
  const driver: TaskDriver = {
    ...base,
    kind: 'wasm',
    capabilities: { ...base.capabilities, tasks: true },
    async runTask({ outputDir }) {
      const { reason = { kind: 'exited', code: 0 }, text } = runs[run++] ?? { text: '' }
      await writeFile(join(outputDir, 'out.txt'), text)
      const line = { atMs: 1, service: 'task', stream: 'stderr', text: 'what it said last' } as const
      return { reason, usage: { cpuMs: 1, memoryPeakBytes: 1 }, log: [line] }
    },
  }
  return checkJob({ plan, store, driver }, AbortSignal.timeout(30_000))
}

test('a task that writes the same twice is fine', async () => {
  expect(await check([{ text: 'same' }, { text: 'same' }])).toMatchObject({ outputBytes: 4 })
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

test('containers are not run here', async () => {
  await expect(check([], { kind: 'docker' })).rejects.toMatchObject({ code: 'notCheckable', class: 'user' })
})
