import { kinds, leaseId as leaseIdOf, type TaskRecord, watermarksOf } from '@tender/protocol'
import { expect, test } from 'vitest'
import { bytes32, jobStores, never, openTestStore, orderOf, termsOf } from '../testKit.ts'
import { createJobBook } from './jobBook.ts'
import { createScriptedJobs } from './testScriptedJobs.ts'

const terms = termsOf({ kind: kinds.job })
const id = leaseIdOf(terms)
const record = (task: number, block: number): TaskRecord => ({
  task,
  exit: 0,
  output: bytes32(task + 50),
  outputBytes: 1,
  block,
  blockHash: bytes32(block),
})

async function setUp() {
  const stores = jobStores(openTestStore())
  const chain = createScriptedJobs(() => 1_000)
  chain.open(terms)
  const earned: bigint[] = []
  const open = () => {
    const told = (_terms: typeof terms, amount: bigint) => void earned.push(amount)
    return createJobBook(stores, chain.market, { nowSeconds: () => 1_000, earned: told })
  }
  const book = open()
  await book.open(terms, { order: orderOf() }, never)
  return { stores, chain, earned, open, book }
}

test('tasks are kept in the order in which they were done, each once, also by the next process', async () => {
  const { book, open } = await setUp()
  for (const task of [3, 0, 3, 11, 2]) book.finish(id, record(task, 100))
  const next = open()
  expect(next.tasks(id).map(({ task }) => task)).toEqual([3, 0, 11, 2])
  expect(next.marks(id)).toEqual(book.marks(id))
  expect(next.marks(id)).toEqual(watermarksOf({ lease: id, provider: terms.provider, records: next.tasks(id) }))
  next.finish(id, record(0, 100))
  expect(next.tasks(id)).toHaveLength(4)
})

test('the block of a task is never before that of the task before it', async () => {
  const { book } = await setUp()
  for (const [task, block] of [105, 103, 106].entries()) book.finish(id, record(task, block))
  expect(book.tasks(id).map(({ block }) => block)).toEqual([105, 105, 106])
  expect(book.tasks(id)[1]?.blockHash).toBe(bytes32(105))
})

test('after a rollback tasks from then on are recorded anew, with the same outputs; those before stay', async () => {
  const { book, open } = await setUp()
  for (const [task, block] of [101, 105, 107].entries()) book.finish(id, record(task, block))
  const before = [...book.marks(id)]
  book.update(id, { result: { root: bytes32(1), cid: 'bafy' } })
  book.rolledBack(107)
  book.rolledBack(104)
  book.rolledBack(200)
  expect(open().get(id)?.rolledBackFrom).toBe(104)

  book.recordAnew(id, { block: 106, blockHash: bytes32(999) })
  for (const { get, tasks, marks } of [book, open()]) {
    expect([get(id)?.rolledBackFrom, get(id)?.result]).toEqual([undefined, undefined])
    expect(tasks(id).map(({ task, block, output }) => [task, block, output])).toEqual([
      [0, 101, bytes32(50)],
      [1, 106, bytes32(51)],
      [2, 106, bytes32(52)],
    ])
    expect(marks(id)[0]).toBe(before[0])
    expect(marks(id).slice(1)).not.toEqual(before.slice(1))
  }
})

test('what an end brought is told once, and taken back with the end', async () => {
  const { book, chain, earned, open } = await setUp()
  chain.end(terms)
  await book.refresh(id, never)
  book.update(id, { paid: 500n })
  book.update(id, { paid: 500n })
  await open().refresh(id, never)
  expect(earned).toEqual([500n])
  expect(book.get(id)?.endedAt).toBe(1_000)

  chain.rollBack(terms, { state: 'drawn' })
  await book.refresh(id, never)
  expect(earned).toEqual([500n, -500n])
  expect(book.get(id)?.endedAt).toBeUndefined()
})

test('a job that is tidied away is told of, and has no tasks any more', async () => {
  const { book, stores, open } = await setUp()
  book.finish(id, record(0, 100))
  book.update(id, { tidied: true })
  expect(stores.tasks.entries()).toEqual([])
  expect(open().live()).toEqual([])
  expect(open().get(id)?.tidied).toBe(true)
})
