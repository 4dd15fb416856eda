import type { Leaf } from '@tender/api'
import { and, asc, eq, gt } from 'drizzle-orm'
import { getAddress, type Hex } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { leaves } from '../../store/schema.ts'
import { createCursors, pageOfRows } from './cursor.ts'

const cursors = createCursors('leaves', z.tuple([z.int().min(0)]))

const whole = z.coerce.number().int()
const amount = z.coerce.bigint()
const id = z.coerce.bigint().transform(String)
/** Reports' data have addresses in lower case. */
const address = z.string().transform((text) => getAddress(text))
// CAST: the database holds what a report's data say
const hash = z.string().transform((text) => text as Hex)

/** The figures of each kind of leaf, as `Leaf` of the protocol names them. */
const figures = {
  lease: z.object({ lease: hash, served: whole }),
  credit: z
    .object({ lease: hash, provider: id, tenant: address, amount })
    .transform(({ tenant, ...rest }) => ({ ...rest, account: tenant })),
  provider: z
    .object({ provider: id, score: whole, rewards: amount, slashed: amount })
    .transform(({ rewards, ...rest }) => ({ ...rest, amount: rewards })),
  monitor: z
    .object({ monitor: address, asset: address, rewards: amount })
    .transform(({ monitor, rewards, ...rest }) => ({ ...rest, account: monitor, amount: rewards })),
  monitorSlash: z
    .object({ monitor: address, slashed: amount })
    .transform(({ monitor, slashed }) => ({ account: monitor, amount: slashed })),
  dispute: z.object({ upheld: z.boolean() }),
}

/** Leaves of a report in the order of its tree. */
export async function findLeaves(
  db: Database,
  { era, root }: { era: number; root: Hex },
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: Leaf[]; next: string | null }> {
  const after = cursors.read(cursor)
  const found = await db
    .select()
    .from(leaves)
    .where(and(eq(leaves.era, BigInt(era)), eq(leaves.root, root), after && gt(leaves.leaf, after[0])))
    .orderBy(asc(leaves.leaf))
    .limit(limit + 1)
  const { rows, next } = pageOfRows(found, limit, (last) => cursors.write([last.leaf]))
  const absent = {
    lease: null,
    provider: null,
    account: null,
    asset: null,
    served: null,
    score: null,
    amount: null,
    slashed: null,
    upheld: null,
  }
  const items = rows.map(({ leaf, kind, hash, data }) => ({
    ...absent,
    ...figures[kind].parse(data),
    index: leaf,
    kind,
    hash,
  }))
  return { items, next }
}
