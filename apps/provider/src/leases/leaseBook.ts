import { isDeepStrictEqual } from 'node:util'
import type { Collection } from '@tender/kit'
import { leaseId as leaseIdOf, type Order, owed, type Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import type { ChainView } from './decide.ts'
import type { LeaseMarket } from './leaseMarket.ts'
import type { LeaseRecord } from './leaseRecord.ts'

/** What changes in a record. */
export type LeaseChange = Partial<Omit<LeaseRecord, 'version' | 'leaseId' | 'terms'>>

/** This provider's leases: the durable records, and what the chain last said of each. */
export type LeaseBook = {
  /** The record, of an ended lease too. */
  get(leaseId: Hex): LeaseRecord | undefined
  /** The records for which something may still have to be done. */
  live(): LeaseRecord[]
  /** Records a lease that the chain opened. Idempotent. `known`: what the answer to its order kept. */
  open(terms: Terms, known: OrderFacts, signal: AbortSignal): Promise<void>
  /** Changes a record, durably. */
  update(leaseId: Hex, change: LeaseChange): void
  /** Asks the chain again. A lease that the chain lost in a reorg is over as of its start. */
  refresh(leaseId: Hex, signal: AbortSignal): Promise<void>
}

/** What this provider knows of a lease's order: the order and its agent's compressed public key. */
export type OrderFacts = { order?: Order | undefined; agentKey?: Hex | undefined }

export type LeaseStores = {
  live: Collection<LeaseRecord>
  ended: Collection<LeaseRecord>
  /** All of what `work` writes, or none. */
  transaction<T>(work: () => T): T
}

/**
 * Opens the book. Live records are read once, from then on memory and store agree; ended ones stay on disk, so that the cost
 * of a turn does not grow with the provider's history.
 *
 * @param earned told, in the same transaction, what a settlement brought, smallest units before fees; below 0 if the chain took
 * it back. Told once for each, whatever crashes.
 */
export function createLeaseBook(
  stores: LeaseStores,
  market: Pick<LeaseMarket, 'view'>,
  earned: (terms: Terms, amount: bigint) => void = () => {},
): LeaseBook {
  const records = new Map<string, LeaseRecord>(stores.live.entries().map(({ key, value }) => [key, value]))
  /** Of live leases, the seconds paid that are on disk: what came on top is yet to be told as earned. */
  const told = new Map<string, number>([...records].map(([key, { chain }]) => [key, chain.secondsPaid]))

  /** By lease, the latest question to the chain that was answered. */
  const answered = new Map<string, number>()
  let questions = 0

  function keep(record: LeaseRecord): void {
    const { leaseId, chain } = record
    const done = isDone(record)
    stores.transaction(() => {
      tellEarned(record)
      if (!done) return stores.live.set(leaseId, record)
      stores.ended.set(leaseId, record)
      stores.live.delete(leaseId)
    })
    if (done) for (const map of [records, answered, told]) map.delete(leaseId)
    else {
      records.set(leaseId, record)
      told.set(leaseId, chain.secondsPaid)
    }
  }

  function tellEarned({ leaseId, terms, chain: { secondsPaid } }: LeaseRecord): void {
    const before = told.get(leaseId) ?? stores.ended.get(leaseId)?.chain.secondsPaid ?? secondsPaid
    if (secondsPaid !== before) earned(terms, owed(terms.rate, secondsPaid) - owed(terms.rate, before))
  }

  const book: LeaseBook = {
    get: (leaseId) => records.get(leaseId) ?? stores.ended.get(leaseId),
    live: () => [...records.values()],

    async open(terms, { order, agentKey }, signal) {
      const leaseId = leaseIdOf(terms)
      if (book.get(leaseId)) return book.refresh(leaseId, signal)
      const chain = await market.view(terms, signal)
      // The chain's event and the tenant's manifest ask at once: the second must not undo what came after the first.
      if (chain && !book.get(leaseId)) keep({ version: 1, leaseId, terms, order, agentKey, phase: 'opened', chain })
    },

    update(leaseId, change) {
      const record = book.get(leaseId)
      if (record) keep({ ...record, ...change })
    },

    async refresh(leaseId, signal) {
      const record = book.get(leaseId)
      if (!record) return
      questions += 1
      const question = questions
      const chain = (await market.view(record.terms, signal)) ?? gone(record.chain)
      // Answers may overtake each other; an older one must not hide a close for good.
      if (question < (answered.get(leaseId) ?? 0)) return
      answered.set(leaseId, question)
      const known = records.get(leaseId)
      if (known && isDeepStrictEqual(known.chain, chain) && told.get(leaseId) === chain.secondsPaid) return
      // Memory first: with a full disk what the chain said counts all the same, or the same transaction would be sent again.
      if (known) records.set(leaseId, { ...known, chain })
      book.update(leaseId, { chain })
    },
  }
  return book
}

/** Nothing is left to do here: no trace of the workload, no money to settle, no units to give back. */
function isDone({ phase, chain: { resolved, released } }: LeaseRecord): boolean {
  return phase === 'destroyed' && released && resolved
}

function gone(chain: ChainView): ChainView {
  return { ...chain, stop: chain.start, endsEarly: true, resolved: true, released: true }
}
