import { expect, test } from 'vitest'
import { countStates, pagesOf, taskLabel, taskStates } from './taskStates.ts'

const hex = (digit: number): `0x${string}` => `0x${String(digit).repeat(64)}`
const record = (task: number, exit = 0) => ({
  task,
  exit,
  output: hex(1),
  outputBytes: 10,
  block: 5,
  blockHash: hex(2),
})
const all = (count: number) => Array.from({ length: count }, (_, task) => task)

test('tasks of several leases stand in one order, those of a silent provider as not told', () => {
  const states = taskStates(7, [
    { leaseId: 'a', index: 0, running: [3], records: [record(0), record(6, 2)], sampled: [0] },
    { leaseId: 'b', index: 1, running: undefined, records: [], sampled: [] },
    { leaseId: 'c', index: 2, running: [], records: [record(5)], sampled: [2, 5] },
  ])
  expect(all(7).map(states.stateOf)).toEqual(['done', 'unknown', 'waits', 'runs', 'unknown', 'done', 'failed'])
  expect(all(7).map((task) => states.partOf(task)?.leaseId)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  expect(countStates(states, all(7))).toEqual({
    unknown: 2,
    waits: 1,
    runs: 1,
    done: 2,
    failed: 1,
    all: 7,
    sampled: 3,
  })
  expect([0, 1, 6].map((task) => taskLabel(states, task))).toEqual([
    'Task 0: done, run again by validators',
    'Task 1: not told',
    'Task 6: failed with exit code 2',
  ])
})

test('a hundred thousand tasks are pages of cells, none lost', () => {
  const pages = pagesOf(all(100_000))
  expect(pages.length).toBe(200)
  expect(pages.flat()).toEqual(all(100_000))
  expect(pagesOf([])).toEqual([])
  expect(pagesOf([4])).toEqual([[4]])
})
