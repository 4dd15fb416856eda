import type { JobState, Lease, LeaseEnd, LeaseState } from '@tender/api'
import { kinds, nameOf, reasonCodes, reasonText, tiers } from '@tender/protocol'
import { and, desc, eq, gt, inArray, lt, lte, type SQL } from 'drizzle-orm'
import { type Hex, zeroAddress } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { jobs, leases, NEVER } from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'

export type LeaseRow = typeof leases.$inferSelect

export type LeaseFilter = {
  tenant?: LeaseRow['tenant'] | undefined
  provider?: string | undefined
  class?: string | undefined
  state?: LeaseState | undefined
}

const cursors = createCursors('leases', z.tuple([positionValue]))

/** Leases, the newest first. `now` is the chain's clock. */
export async function findLeases(
  db: Database,
  filter: LeaseFilter & { cursor?: string | undefined; limit: number },
  now: number,
): Promise<{ items: Lease[]; next: string | null }> {
  const after = cursors.read(filter.cursor)
  const found = await db
    .select()
    .from(leases)
    .where(
      and(
        filter.tenant && eq(leases.tenant, filter.tenant),
        filter.provider === undefined ? undefined : eq(leases.provider, BigInt(filter.provider)),
        filter.class === undefined ? undefined : eq(leases.resource, filter.class),
        filter.state && inState(filter.state, now),
        after && lt(leases.position, after[0]),
      ),
    )
    .orderBy(desc(leases.position))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, (last) => cursors.write([last.position]))
  return { items: await tellLeases(db, rows, now), next }
}

function inState(state: LeaseState, now: number): SQL | undefined {
  if (state === 'ended') return lte(leases.stop, now)
  return and(gt(leases.stop, now), state === 'running' ? eq(leases.closedAt, 0) : gt(leases.closedAt, 0))
}

/** Leases by their ids; what is unknown is left out. */
export async function findLeasesById(db: Database, ids: readonly Hex[], now: number): Promise<Map<Hex, Lease>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select()
    .from(leases)
    .where(inArray(leases.id, [...ids]))
  return new Map((await tellLeases(db, rows, now)).map((lease) => [lease.id, lease]))
}

async function tellLeases(db: Database, rows: readonly LeaseRow[], now: number): Promise<Lease[]> {
  const states = await findJobStates(
    db,
    rows.filter(({ kind }) => kind === kinds.job).map(({ id }) => id),
  )
  return rows.map((row) => leaseOf(row, states.get(row.id) ?? null, now))
}

async function findJobStates(db: Database, ids: Hex[]): Promise<Map<Hex, JobState>> {
  if (ids.length === 0) return new Map()
  const rows = await db.select({ lease: jobs.lease, state: jobs.state }).from(jobs).where(inArray(jobs.lease, ids))
  return new Map(rows.map(({ lease, state }) => [lease, state]))
}

function leaseOf(row: LeaseRow, job: JobState | null, now: number): Lease {
  const { deposited, paid, fee, refunded } = row
  const monitored = row.uptimeBps > 0 && !row.byTime
  return {
    id: row.id,
    state: now >= row.stop ? 'ended' : row.closedAt === 0 ? 'running' : 'ending',
    job,
    order: row.order,
    offer: row.offer,
    index: row.replica,
    tenant: row.tenant,
    provider: row.provider.toString(),
    payout: row.payout,
    asset: row.asset,
    class: row.resource,
    units: row.units,
    price: row.units > 0 ? row.rate / BigInt(row.units) : row.rate,
    rate: row.rate,
    kind: nameOf(kinds, row.kind) ?? 'service',
    tier: nameOf(tiers, row.tier) ?? 'interruptible',
    start: row.start,
    end: row.end,
    latestEnd: row.latestEnd,
    closedAt: row.closedAt === 0 ? null : row.closedAt,
    stop: row.stop === NEVER ? null : row.stop,
    monitored,
    verifier: row.verifier === zeroAddress ? null : row.verifier,
    uptimeBps: row.uptimeBps,
    maxSilence: row.maxSilence,
    minSeconds: row.minSeconds,
    noticeSeconds: row.noticeSeconds,
    startWindow: row.startWindow,
    deposited,
    secondsPaid: row.secondsPaid,
    settledUntil: monitored ? null : row.settledUntil,
    paid,
    fee,
    refunded,
    held: deposited - paid - fee - refunded,
    credited: row.creditTaken,
    ended: endOf(row, now),
    resolved: row.resolved,
    released: row.released,
    tx: row.tx,
    block: row.block,
  }
}

function endOf({ closedAt, reason, stop }: LeaseRow, now: number): LeaseEnd | null {
  return closedAt === 0 && now < stop ? null : leaseEnd(reason)
}

/** A reason code with its name and words. */
export function leaseEnd(code: number): LeaseEnd {
  return { code, name: nameOf(reasonCodes, code) ?? `reason${code}`, text: reasonText(code) }
}
