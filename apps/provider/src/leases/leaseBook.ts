import type { Collection } from '@tender/kit'
import { leaseId as leaseIdOf, type Order, type Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import type { ChainView } from './decide.ts'
import type { LeaseMarket } from './leaseMarket.ts'
import type { LeaseRecord } from './leaseRecord.ts'

/** This provider's leases: the durable records, and what the chain last said of each. */
export type LeaseBook = {
  /** The record, of an ended lease too. */
  get(leaseId: Hex): LeaseRecord | undefined
  /** The records for which something may still have to be done. */
  live(): LeaseRecord[]
  /** Records a lease that the chain opened. Idempotent. */
  open(terms: Terms, order: Order | undefined, signal: AbortSignal): Promise<void>
  /** Changes a record, durably. */
  update(leaseId: Hex, change: Partial<Omit<LeaseRecord, 'version' | 'leaseId' | 'terms'>>): void
  /** Asks the chain again. A lease that the chain lost in a reorg is over as of its start. */
  refresh(leaseId: Hex, signal: AbortSignal): Promise<void>
}

/**
 * Opens the book. Live records are read once, from then on memory and store agree; ended ones stay on disk, so that the cost
 * of a turn does not grow with the provider's history.
 */
export function createLeaseBook(
  stores: { live: Collection<LeaseRecord>; ended: Collection<LeaseRecord> },
  market: Pick<LeaseMarket, 'view'>,
): LeaseBook {
  const records = new Map<string, LeaseRecord>(stores.live.entries().map(({ key, value }) => [key, value]))

  /** By lease, the latest question to the chain that was answered. */
  const answered = new Map<string, number>()
  let questions = 0

  function keep(record: LeaseRecord): void {
    const { leaseId } = record
    if (isDone(record)) {
      // In this order: a crash in between leaves a record twice, never none.
      stores.ended.set(leaseId, record)
      stores.live.delete(leaseId)
      records.delete(leaseId)
      answered.delete(leaseId)
    } else {
      stores.live.set(leaseId, record)
      records.set(leaseId, record)
    }
  }

  const book: LeaseBook = {
    get: (leaseId) => records.get(leaseId) ?? stores.ended.get(leaseId),
    live: () => [...records.values()],

    async open(terms, order, signal) {
      const leaseId = leaseIdOf(terms)
      if (book.get(leaseId)) return book.refresh(leaseId, signal)
      const chain = await market.view(terms, signal)
      // The chain's event and the tenant's manifest ask at once: the second must not undo what came after the first.
      if (chain && !book.get(leaseId)) keep({ version: 1, leaseId, terms, order, phase: 'opened', chain })
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
      book.update(leaseId, { chain })
    },
  }
  return book
}

/** Nothing is left to do here: no trace of the workload, no money to settle, no units to give back. */
function isDone({ phase, chain: { resolved, released, byTime } }: LeaseRecord): boolean {
  return phase === 'destroyed' && released && (resolved || !byTime)
}

function gone(chain: ChainView): ChainView {
  return { ...chain, stop: chain.start, resolved: true, released: true }
}
