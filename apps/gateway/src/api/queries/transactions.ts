import type { Transaction } from '@tender/api'
import { asc, eq } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import type { Database } from '../../store/database.ts'
import { blocks, events } from '../../store/schema.ts'

/** What one transaction did in this market; `undefined`: nothing. `names` are the contracts' names by their addresses. */
export async function findTransaction(
  db: Database,
  hash: Hex,
  names: ReadonlyMap<Address, string>,
): Promise<Transaction | undefined> {
  const rows = await db.select().from(events).where(eq(events.tx, hash)).orderBy(asc(events.position)).limit(4096)
  const [first] = rows
  if (!first) return undefined
  const [block] = await db.select({ hash: blocks.hash }).from(blocks).where(eq(blocks.block, first.block))
  return {
    hash,
    block: first.block,
    blockHash: block?.hash ?? null,
    at: first.at,
    events: rows.map(({ logIndex, contract, name, args }) => ({
      logIndex,
      contract,
      contractName: names.get(contract) ?? 'unknown',
      name,
      args,
    })),
  }
}
