import { tiers } from '@tender/protocol'
import { expect, test } from 'vitest'
import { bytes32 } from '../testKit.ts'
import { pickTasks, type QueuedJob } from './pickTasks.ts'

const job = (id: number, over: Partial<QueuedJob> = {}): QueuedJob => ({
  leaseId: bytes32(id),
  tier: tiers.standard,
  deadline: 1_000,
  cpuMillis: 1_000,
  atOnce: 2,
  running: 0,
  waiting: [0, 1, 2],
  ...over,
})

const picked = (jobs: readonly QueuedJob[], cpuMillis = 100_000, usedMillis = 0) =>
  pickTasks(jobs, { cpuMillis, usedMillis }).map(({ leaseId, task }) => `${Number(leaseId)}:${task}`)

test('a job runs as many tasks at once as its lease has places', () => {
  expect(picked([job(1)])).toEqual(['1:0', '1:1'])
  expect(picked([job(1, { running: 1 })])).toEqual(['1:0'])
  expect(picked([job(1, { running: 2 })])).toEqual([])
})

test('the best tier is served first, then the soonest deadline', () => {
  const jobs = [
    job(1, { tier: tiers.interruptible, deadline: 1 }),
    job(2, { deadline: 900 }),
    job(3, { deadline: 800 }),
    job(4, { tier: tiers.premium, deadline: 5_000 }),
  ]
  expect(picked(jobs, 5_000)).toEqual(['4:0', '4:1', '3:0', '3:1', '2:0'])
})

test('tasks take no more cores than the host has; one that needs more runs alone', () => {
  expect(picked([job(1), job(2)], 2_500, 1_000)).toEqual(['1:0'])
  expect(picked([job(1, { cpuMillis: 8_000 })], 2_000)).toEqual(['1:0'])
  expect(picked([job(1, { cpuMillis: 8_000 })], 2_000, 500)).toEqual([])
})
