import { isDeepStrictEqual } from 'node:util'
import type { Collection } from '@tender/kit'
import { leaseId as leaseIdOf, type TaskRecord, type Terms, watermark } from '@tender/protocol'
import { type Hex, zeroHash } from 'viem'
import type { ChainBlock, JobMarket, JobView } from './jobMarket.ts'
import type { JobRecord } from './jobRecord.ts'

export type JobChange = Partial<Omit<JobRecord, 'version' | 'leaseId' | 'terms'>>

/** What this provider knows of a job since it answered its order. */
export type KnownOrder = Pick<JobRecord, 'order' | 'jobTerms' | 'agentKey' | 'agentAddresses'>

/** This provider's jobs: the durable records, those of their tasks, and what the chain last said of each. */
export type JobBook = {
  /** The record, of a job that is over and tidied too. */
  get(leaseId: Hex): JobRecord | undefined
  /** The records for which something may still have to be done. */
  live(): JobRecord[]
  /** Records a job that the chain opened. Idempotent. */
  open(terms: Terms, known: KnownOrder, signal: AbortSignal): Promise<void>
  /** Changes a record, durably. */
  update(leaseId: Hex, change: JobChange): void
  /** Asks the chain again. A job that the chain lost in a reorg has ended. */
  refresh(leaseId: Hex, signal: AbortSignal): Promise<void>
  /** Nothing from block `from` on is as it was: where jobs were begun is asked anew, and their tasks are to be recorded anew. */
  rolledBack(from: number): void
  /** Tasks that are done, in the order in which they were; of a live job. */
  tasks(leaseId: Hex): readonly TaskRecord[]
  /** Their watermarks. */
  marks(leaseId: Hex): readonly Hex[]
  /** Records a task as done, durably. Its block is never before that of the task before it. */
  finish(leaseId: Hex, record: TaskRecord): void
  /** Gives tasks whose blocks were taken back, see `rolledBackFrom`, a block that the chain has. */
  recordAnew(leaseId: Hex, block: ChainBlock): void
}

export type JobStores = {
  live: Collection<JobRecord>
  ended: Collection<JobRecord>
  /** By {@link taskKey}. */
  tasks: Collection<TaskRecord>
  /** All of what `work` writes, or none. */
  transaction<T>(work: () => T): T
}

/** What is known of a live job's tasks, in memory as on the disk. */
type Done = { tasks: TaskRecord[]; marks: Hex[]; numbers: Set<number> }

/**
 * Opens the book. Live records are read once, from then on memory and store agree.
 *
 * @param earned told, in the same transaction, what a job's end brought, smallest units before fees; below 0 if the chain took it
 * back
 */
export function createJobBook(
  stores: JobStores,
  market: Pick<JobMarket, 'view'>,
  options: { nowSeconds(): number; earned?(terms: Terms, amount: bigint): void },
): JobBook {
  const { nowSeconds, earned = () => {} } = options
  // CAST: keys are lease ids
  const records = new Map(stores.live.entries().map(({ key, value }) => [key as Hex, value]))
  const done = new Map([...records.values()].map((record) => [record.leaseId, readDone(stores, record)]))

  function keep(record: JobRecord): void {
    const { leaseId, terms, paid = 0n, tidied } = record
    const before = book.get(leaseId)?.paid ?? 0n
    stores.transaction(() => {
      if (paid !== before) earned(terms, paid - before)
      if (!tidied) return stores.live.set(leaseId, record)
      stores.ended.set(leaseId, record)
      stores.live.delete(leaseId)
      for (const { key } of stores.tasks.entries(tasksOfLease(leaseId))) stores.tasks.delete(key)
    })
    if (tidied) for (const map of [records, done]) map.delete(leaseId)
    else {
      records.set(leaseId, record)
      if (!done.has(leaseId)) done.set(leaseId, nothingDone())
    }
  }

  /** Appends to memory and, within a transaction or as one write, to the disk. */
  function append({ leaseId, terms }: JobRecord, to: Done, task: TaskRecord): void {
    const recorded = notFalling(task, to.tasks.at(-1))
    stores.tasks.set(taskKey(leaseId, to.tasks.length), recorded)
    to.marks.push(watermark(recorded, { lease: leaseId, provider: terms.provider }, to.marks.at(-1) ?? zeroHash))
    to.tasks.push(recorded)
    to.numbers.add(recorded.task)
  }

  const book: JobBook = {
    get: (leaseId) => records.get(leaseId) ?? stores.ended.get(leaseId),
    live: () => [...records.values()],

    async open(terms, known, signal) {
      const leaseId = leaseIdOf(terms)
      if (book.get(leaseId)) return book.refresh(leaseId, signal)
      const chain = await market.view(terms, undefined, signal)
      // The chain's event and the tenant's manifest ask at once: the second must not undo what came after the first.
      if (chain && !book.get(leaseId)) keep({ version: 1, leaseId, terms, ...known, chain })
    },

    update(leaseId, change) {
      const record = book.get(leaseId)
      if (record) keep({ ...record, ...change })
    },

    async refresh(leaseId, signal) {
      const record = records.get(leaseId)
      if (!record) return
      const chain = (await market.view(record.terms, record.chain, signal)) ?? gone(record.chain)
      const now = records.get(leaseId)
      // Answers may overtake each other: an older one says nothing.
      if (!now || (now.chain !== record.chain && chain.block < now.chain.block)) return
      const isOver = chain.state === 'ended'
      // An end that the chain took back brought nothing.
      const end = isOver ? { endedAt: now.endedAt ?? nowSeconds() } : { endedAt: undefined, paid: undefined }
      const next: JobRecord = { ...now, chain, ...end }
      const isNews = !isDeepStrictEqual({ ...now, chain: { ...now.chain, block: chain.block } }, next)
      // Its height alone is not worth a write.
      if (isNews) keep(next)
      else records.set(leaseId, next)
    },

    rolledBack(from) {
      for (const record of records.values()) {
        const { leaseId, chain, rolledBackFrom = from } = record
        const { begun: _, ...rest } = chain
        const hit = done.get(leaseId)?.tasks.some(({ block }) => block >= from)
        keep({ ...record, chain: rest, ...(hit && { rolledBackFrom: Math.min(from, rolledBackFrom) }) })
      }
    },

    tasks: (leaseId) => done.get(leaseId)?.tasks ?? [],
    marks: (leaseId) => done.get(leaseId)?.marks ?? [],

    finish(leaseId, task) {
      const [record, known] = [records.get(leaseId), done.get(leaseId)]
      if (record && known && !known.numbers.has(task.task)) append(record, known, task)
    },

    recordAnew(leaseId, { block, blockHash }) {
      const [record, known] = [records.get(leaseId), done.get(leaseId)]
      if (!record || !known) return
      const { rolledBackFrom = Number.POSITIVE_INFINITY } = record
      const good = known.tasks.findIndex((task) => task.block >= rolledBackFrom)
      const from = good < 0 ? known.tasks.length : good
      const anew: Done = {
        tasks: known.tasks.slice(0, from),
        marks: known.marks.slice(0, from),
        numbers: known.numbers,
      }
      stores.transaction(() => {
        for (const task of known.tasks.slice(from)) append(record, anew, { ...task, block, blockHash })
        keep({ ...record, rolledBackFrom: undefined, result: undefined })
      })
      done.set(leaseId, anew)
    },
  }
  return book
}

function readDone({ tasks: store }: JobStores, { leaseId, terms }: JobRecord): Done {
  const owner = { lease: leaseId, provider: terms.provider }
  const read = nothingDone()
  for (const { value } of store.entries(tasksOfLease(leaseId))) {
    read.marks.push(watermark(value, owner, read.marks.at(-1) ?? zeroHash))
    read.tasks.push(value)
    read.numbers.add(value.task)
  }
  return read
}

function nothingDone(): Done {
  return { tasks: [], marks: [], numbers: new Set() }
}

/** Keys that sort as the tasks were done. */
function taskKey(leaseId: Hex, place: number): string {
  return `${leaseId}/${String(place).padStart(6, '0')}`
}

/** `0` is the character after `/`. */
function tasksOfLease(leaseId: Hex): { from: string; before: string } {
  return { from: `${leaseId}/`, before: `${leaseId}0` }
}

function notFalling(task: TaskRecord, before: TaskRecord | undefined): TaskRecord {
  if (!before || task.block >= before.block) return task
  return { ...task, block: before.block, blockHash: before.blockHash }
}

function gone(chain: JobView): JobView {
  return { ...chain, state: 'ended' }
}
