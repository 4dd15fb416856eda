import { asc, gt, lt } from 'drizzle-orm'
import type { Address } from 'viem'
import type { Database, Transaction } from './database.ts'
import { type ChangeType, changes } from './schema.ts'

/** Something that happened, for whoever looks on: written and numbered with what it tells of, told once that is committed. */
export type Change = {
  /** Rises with each change. What a listener saw last is where it goes on from. */
  seq: number
  type: ChangeType
  /** Whom it concerns; null: nobody in particular. */
  tenant: Address | null
  provider: bigint | null
  /**
   * Plain JSON.
   * - `block`: `{ block, hash, timestamp }`, the indexer came this far
   * - `reorg`: `{ fromBlock }`, what was told of this block and later ones did not happen
   * - `match`: `{ lease, order, tenant, provider, resource, asset, price, units, block, tx, at }`
   * - `lease`: `{ lease, event, block, tx, at }`, `event` as the contract names it
   * - `job`: `{ lease, event, block, tx, at }`, likewise
   * - `provider`: `{ provider, event, block, tx, at }`
   * - `era`: `{ era, attempt, event, block, tx, at }`
   * - `order`: `{ hash, event: 'seen' | 'matched' | 'cancelled' }`
   */
  data: Record<string, unknown>
}

export type NewChange = Omit<Change, 'seq'>

/** Who was away for longer has to look at everything anew. */
const KEPT_SECONDS = 24 * 3600

export type ChangeFeed = {
  /** Told of each change after its commit, in order. A listener must not throw. @returns stops it */
  onChange(listener: (change: Change) => void): () => void
  /** The changes after `seq`, oldest first; those of the last day at least. */
  since(db: Database, seq: number, limit: number): Promise<Change[]>
  /** Writes changes down within a transaction. */
  keep(tx: Transaction, told: readonly NewChange[]): Promise<Change[]>
  /** To be called once they are committed. */
  tell(told: readonly Change[]): void
}

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<(change: Change) => void>()
  let pruneAt = 0
  return {
    onChange(listener) {
      // A listener that is given twice is two.
      const own = (change: Change) => listener(change)
      listeners.add(own)
      return () => listeners.delete(own)
    },
    since: (db, seq, limit) =>
      db
        .select({
          seq: changes.seq,
          type: changes.type,
          tenant: changes.tenant,
          provider: changes.provider,
          data: changes.data,
        })
        .from(changes)
        .where(gt(changes.seq, seq))
        .orderBy(asc(changes.seq))
        .limit(limit),
    async keep(tx, told) {
      if (told.length === 0) return []
      const toldAt = Math.floor(Date.now() / 1000)
      const seqs = await tx
        .insert(changes)
        .values(told.map((change) => ({ ...change, toldAt })))
        .returning({ seq: changes.seq })
      if (toldAt >= pruneAt) {
        await tx.delete(changes).where(lt(changes.toldAt, toldAt - KEPT_SECONDS))
        pruneAt = toldAt + 60
      }
      return told.map((change, index) => ({ ...change, seq: seqs[index]?.seq ?? 0 }))
    },
    tell(told) {
      for (const change of told) for (const listener of listeners) listener(change)
    },
  }
}
