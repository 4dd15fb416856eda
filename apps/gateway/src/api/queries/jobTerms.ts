import type { Job } from '@tender/api'
import { briefSchema, type JobTerms, jobTermsHash, jobTermsOf, marketDomain } from '@tender/protocol'
import { inArray, sql } from 'drizzle-orm'
import { type Hex, zeroHash } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { auctions, cursor, leases, orders } from '../../store/schema.ts'
import type { JobRow } from './jobs.ts'

// CAST: the database holds what the indexer wrote
const hash = z.string().transform((text) => text as Hex)
const number = z.number().int()
const amount = z.coerce.bigint()
const storedTerms = z.object({
  tasks: number,
  sample: number,
  validators: number,
  comparator: hash,
  deadlineSeconds: number,
  cancelFee: amount,
  verifyFee: amount,
  inputs: hash,
})

/** What was agreed of some jobs, read together; null where nobody said it yet. */
export async function findJobTerms(db: Database, rows: readonly JobRow[]): Promise<(row: JobRow) => Job['terms']> {
  const replicas = await countReplicas(db, rows)
  const opened = await readBriefs(
    db,
    rows.filter(({ job }) => job.terms === null),
  )
  return (row) => {
    const terms = row.job.terms ? storedTerms.parse(row.job.terms) : opened(row)
    return terms ? agreed(terms, row, replicas.get(row.lease.order) ?? 1) : null
  }
}

function agreed({ comparator, ...terms }: JobTerms, { lease }: JobRow, replicas: number): Job['terms'] {
  const { start, replica } = lease
  return {
    ...terms,
    leaseTasks: Math.max(0, Math.ceil((terms.tasks - replica) / replicas)),
    comparator: comparator === zeroHash ? null : comparator,
    deadline: start + terms.deadlineSeconds,
  }
}

/** How many leases each order asked for. Only an auction can have opened fewer. */
async function countReplicas(db: Database, rows: readonly JobRow[]): Promise<Map<Hex, number>> {
  const hashes = [...new Set(rows.map(({ lease }) => lease.order))]
  if (hashes.length === 0) return new Map()
  const [matched, auctioned] = [
    await db
      .select({ order: leases.order, count: sql<number>`count(*)`.mapWith(Number) })
      .from(leases)
      .where(inArray(leases.order, hashes))
      .groupBy(leases.order),
    await db
      .select({ order: auctions.order, count: auctions.replicas })
      .from(auctions)
      .where(inArray(auctions.order, hashes)),
  ]
  return new Map([...matched, ...auctioned].map(({ order, count }) => [order, count]))
}

/** What briefs say that were gossiped here, where it is what the lease's terms have the hash of. */
async function readBriefs(db: Database, rows: readonly JobRow[]): Promise<(row: JobRow) => JobTerms | undefined> {
  const [market] = rows.length > 0 ? await db.select().from(cursor).limit(1) : []
  if (!market) return () => undefined
  const domain = marketDomain(market)
  const hashes = rows.map(({ lease }) => lease.order)
  const found = await db
    .select({ hash: orders.hash, brief: orders.brief })
    .from(orders)
    .where(inArray(orders.hash, hashes))
  const briefs = new Map(found.map(({ hash, brief }) => [hash, brief]))
  return ({ lease }) => {
    const brief = briefSchema.safeParse(briefs.get(lease.order))
    const terms = brief.success ? jobTermsOf(brief.data) : undefined
    return terms && jobTermsHash(domain, terms) === lease.jobTerms ? terms : undefined
  }
}
