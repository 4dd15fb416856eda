import fc from 'fast-check'
import { type Hex, keccak256, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { checkResult, type JobFacts, type ResultFault } from './checkResult.ts'
import { tasksOfReplica } from './share.ts'
import { type JobResult, jobResultSchema, type TaskRecord } from './taskRecord.ts'
import { progressRoot, resultRoot, watermarksOf } from './watermark.ts'

const lease: Hex = `0x${'aa'.repeat(32)}`
const otherLease: Hex = `0x${'ab'.repeat(32)}`
const provider = 7n
const BEGUN = 100
const SUBMITTED = 200

const hashOf = (block: number): Hex => keccak256(toHex(`block ${block}`))
const outputOf = (task: number): Hex => keccak256(toHex(`output ${task}`))
const blockHashes = new Map(Array.from({ length: SUBMITTED + 50 }, (_, block): [number, Hex] => [block, hashOf(block)]))

function record(task: number, block: number): TaskRecord {
  return { task, exit: 0, output: outputOf(task), outputBytes: 10, block, blockHash: hashOf(block) }
}

/** Ten tasks, all of one lease, each done a few blocks after the other. */
const records = Array.from({ length: 10 }, (_, task) => record(task, BEGUN + 3 * task))
const honest: JobResult = { version: 1, lease, provider, records }

/** What the chain says of the result that a provider submitted as it is. */
function factsOf(result: JobResult, more: Partial<JobFacts> = {}): JobFacts {
  return {
    lease,
    provider,
    terms: { tasks: 10 },
    replicas: 1,
    index: 0,
    outputBytes: 100,
    root: resultRoot(watermarksOf(result)),
    begunBlock: BEGUN,
    submittedBlock: SUBMITTED,
    blockHashes,
    progress: [],
    ...more,
  }
}
const faultsOf = (result: JobResult, more: Partial<JobFacts> = {}) => checkResult(result, factsOf(result, more))
const names = (faults: readonly ResultFault[]) => faults.map(({ fault }) => fault)
const withRecords = (changed: readonly TaskRecord[]): JobResult => ({ ...honest, records: changed })

test('an honest result has no fault', () => {
  expect(faultsOf(honest)).toEqual([])
})

test('an honest result has no fault, in whatever order, blocks, share and progress', () => {
  const result = fc
    .record({ replicas: fc.integer({ min: 1, max: 4 }), tasks: fc.integer({ min: 4, max: 40 }) })
    .chain(({ replicas, tasks }) =>
      fc.record({
        replicas: fc.constant(replicas),
        tasks: fc.constant(tasks),
        index: fc.integer({ min: 0, max: replicas - 1 }),
        seed: fc.array(fc.nat(), { minLength: tasks, maxLength: tasks }),
        cuts: fc.array(fc.nat(tasks), { maxLength: 4 }),
      }),
    )
  fc.assert(
    fc.property(result, ({ replicas, tasks, index, seed, cuts }) => {
      const own = tasksOfReplica(tasks, replicas, index).toSorted((a, b) => (seed[a] ?? 0) - (seed[b] ?? 0))
      const delivered = withRecords(own.map((task, at) => record(task, BEGUN + Math.floor(at / 2))))
      const marks = watermarksOf(delivered)
      const progress = cuts.toSorted((a, b) => a - b).map((cut) => progressRoot(marks.slice(0, cut)))
      expect(faultsOf(delivered, { terms: { tasks }, replicas, index, progress })).toEqual([])
    }),
  )
})

describe('a cheat is caught', () => {
  test('that copies another provider’s result', () => {
    const copied: JobResult = { ...honest, provider: 8n }
    expect(names(checkResult(copied, factsOf(honest, { provider: 9n })))).toEqual(['otherLease', 'wrongRoot'])
    // Its own name on another's watermarks, and the other's root.
    const renamed: JobResult = { ...honest, provider: 9n }
    expect(names(checkResult(renamed, factsOf(honest, { provider: 9n })))).toEqual(['wrongRoot'])
  })

  test('that replays an old job’s result', () => {
    const old: JobResult = { ...honest, lease: otherLease }
    expect(names(faultsOf(old))).toEqual(['otherLease', 'wrongRoot'])
    const renamed = checkResult(honest, { ...factsOf(old), lease })
    expect(names(renamed)).toEqual(['wrongRoot'])
    // Marks made anew over the old blocks, from before this job.
    const early = factsOf(honest, { begunBlock: BEGUN + 50 })
    expect(names(checkResult(honest, early))).toContain('blockOutside')
  })

  test('that skips tasks', () => {
    const faults = faultsOf(withRecords(records.filter(({ task }) => task !== 4)))
    expect(faults).toEqual([{ fault: 'missingTask', task: 4 }])
  })

  test('that delivers one task twice in place of another', () => {
    const twice = withRecords(records.map((one) => (one.task === 4 ? record(3, one.block) : one)))
    expect(faultsOf(twice)).toEqual([
      { fault: 'duplicateTask', task: 3 },
      { fault: 'missingTask', task: 4 },
    ])
  })

  test('that delivers a task of another lease, or none of the job’s', () => {
    expect(faultsOf(honest, { replicas: 2, index: 0 }).filter(({ fault }) => fault === 'foreignTask')).toHaveLength(5)
    const beyond = withRecords([...records, record(10, SUBMITTED)])
    expect(faultsOf(beyond)).toEqual([{ fault: 'foreignTask', task: 10 }])
  })

  test('that submits garbage made before the job began', () => {
    const early = withRecords(records.map(({ task }) => record(task, BEGUN - 1)))
    expect(names(faultsOf(early))).toEqual(records.map(() => 'blockOutside'))
  })

  test('that guesses the hash of a block that is not there yet', () => {
    const guessed = withRecords(records.map((one) => ({ ...one, block: SUBMITTED, blockHash: hashOf(9999) })))
    expect(new Set(names(faultsOf(guessed)))).toEqual(new Set(['unknownBlock']))
    const later = withRecords(records.map(({ task }) => record(task, SUBMITTED + 1)))
    expect(new Set(names(faultsOf(later)))).toEqual(new Set(['blockOutside']))
  })

  test('that re-orders its records', () => {
    const swapped = withRecords(records.with(2, records[5] ?? record(0, 0)).with(5, records[2] ?? record(0, 0)))
    expect(names(checkResult(swapped, factsOf(honest)))).toContain('wrongRoot')
    expect(names(faultsOf(swapped))).toEqual(['blockFalls', 'blockFalls'])
  })

  test('that changes an output after it committed', () => {
    const changed = withRecords(records.map((one) => (one.task === 9 ? { ...one, output: outputOf(0) } : one)))
    expect(names(checkResult(changed, factsOf(honest)))).toEqual(['wrongRoot'])
  })

  test('whose progress was not what it delivers', () => {
    const marks = watermarksOf(honest)
    const half = progressRoot(marks.slice(0, 5))
    const other = progressRoot(watermarksOf({ ...honest, lease: otherLease }).slice(0, 5))
    expect(faultsOf(honest, { progress: [half, progressRoot(marks)] })).toEqual([])
    expect(names(faultsOf(honest, { progress: [other] }))).toEqual(['progressNotPrefix'])
    expect(names(faultsOf(honest, { progress: [progressRoot(marks), half] }))).toEqual(['progressNotPrefix'])
  })

  test('whose output is larger than agreed', () => {
    expect(faultsOf(honest, { outputBytes: 9 })).toHaveLength(10)
    expect(names(faultsOf(honest, { outputBytes: 9 }))).toContain('outputTooLarge')
    expect(faultsOf(honest, { outputBytes: 10 })).toEqual([])
  })
})

test('every single change of a result is a fault', () => {
  const change = fc.record({
    at: fc.nat(9),
    field: fc.constantFrom('task', 'exit', 'output', 'block', 'blockHash'),
    by: fc.integer({ min: 1, max: 1000 }),
  })
  fc.assert(
    fc.property(change, ({ at, field, by }) => {
      const changed = withRecords(
        records.map((one, index) => {
          if (index !== at) return one
          const value = field === 'output' || field === 'blockHash' ? keccak256(toHex(by)) : one[field] + by
          return { ...one, [field]: value }
        }),
      )
      expect(checkResult(changed, factsOf(honest)).length).toBeGreaterThan(0)
    }),
  )
})

test('a result from outside is bounded', () => {
  const json = { ...honest, provider: '7' }
  expect(jobResultSchema.parse(json)).toEqual(honest)
  expect(jobResultSchema.safeParse({ ...json, records: [{ ...records[0], exit: 256 }] }).success).toBe(false)
  expect(jobResultSchema.safeParse({ ...json, records: [{ ...records[0], task: 100_000 }] }).success).toBe(false)
  expect(jobResultSchema.safeParse({ ...json, records: [{ ...records[0], more: 1 }] }).success).toBe(false)
})
