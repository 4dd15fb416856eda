import type { TaskRecord } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bookOf, soon, startNode } from '../testNetwork.ts'
import { askJobStatus, type JobStatus, MAX_JOB_RECORDS, serveJobStatus } from './jobStatus.ts'
import { askTaskLog, serveTaskLogs, type TaskLog } from './taskLog.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const record = (task: number): TaskRecord => ({
  task,
  exit: 0,
  output: `0x${'11'.repeat(32)}`,
  outputBytes: 10,
  block: 7,
  blockHash: `0x${'22'.repeat(32)}`,
})
const all = Array.from({ length: MAX_JOB_RECORDS + 20 }, (_, task) => record(task))
const status: JobStatus = { phase: 'running', tasks: 600, done: all.length, failed: 1, running: [523], records: all }
const log: TaskLog = {
  end: 'exited with code 3',
  lines: [{ atMs: 1, stream: 'stderr', text: 'one line\nthat would be two' }],
}

async function setUp() {
  const [agent, provider] = [await startNode(), await startNode()]
  const book = bookOf(agent, lease)
  await serveJobStatus(provider, {
    ...book,
    jobStatus: async (_lease, from) => ({ ...status, records: all.slice(from) }),
  })
  await serveTaskLogs(provider, { ...book, taskLog: async (_lease, task) => (task === 3 ? log : undefined) })
  return { agent, provider }
}

test('a long job is told piece by piece, each record once', async () => {
  const { agent, provider } = await setUp()
  const seen: TaskRecord[] = []
  for (const expected of [MAX_JOB_RECORDS, 20, 0]) {
    const answer = await askJobStatus(agent, provider.contact(), { lease, from: seen.length }, soon())
    expect(answer).toMatchObject({ phase: 'running', tasks: 600, done: 520, failed: 1, running: [523] })
    expect(answer.records).toHaveLength(expected)
    seen.push(...answer.records)
  }
  expect(seen).toEqual(all)
})

test("a task's log comes line by line; a task that has not ended has none", async () => {
  const { agent, provider } = await setUp()
  const told = await askTaskLog(agent, provider.contact(), { lease, task: 3 }, soon())
  expect(told).toEqual({
    end: log.end,
    lines: [{ atMs: 1, stream: 'stderr', text: 'one line that would be two' }],
  })
  expect(await askTaskLog(agent, provider.contact(), { lease, task: 4 }, soon())).toBeUndefined()
})

test('only the agent is told', async () => {
  const { provider } = await setUp()
  const stranger = await startNode()
  const refused = { code: 'notAgent' }
  await expect(askJobStatus(stranger, provider.contact(), { lease, from: 0 }, soon())).rejects.toMatchObject(refused)
  await expect(askTaskLog(stranger, provider.contact(), { lease, task: 3 }, soon())).rejects.toMatchObject(refused)
})
