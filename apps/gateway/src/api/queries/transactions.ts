import type { Transaction } from '@tender/api'
import { asc, eq } from 'drizzle-orm'
import { type Address, getAddress, type Hex } from 'viem'
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
      contract: getAddress(contract),
      // Logs name contracts in lower case, the address book in checksum case.
      contractName: names.get(getAddress(contract)) ?? 'unknown',
      name,
      args,
    })),
  }
}
