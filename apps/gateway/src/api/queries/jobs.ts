import type { Job, JobState } from '@tender/api'
import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import { type Hex, hexToString } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { jobs, leases } from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'
import { findJobTerms } from './jobTerms.ts'
import { type LeaseRow, leaseEnd } from './leases.ts'

/** A job beside its lease. */
export type JobRow = { job: typeof jobs.$inferSelect; lease: LeaseRow }

export type JobFilter = {
  tenant?: LeaseRow['tenant'] | undefined
  provider?: string | undefined
  state?: JobState | undefined
}

const cursors = createCursors('jobs', z.tuple([positionValue]))
const columns = { job: jobs, lease: leases }

/** Jobs, the newest first. */
export async function findJobs(
  db: Database,
  filter: JobFilter & { cursor?: string | undefined; limit: number },
): Promise<{ items: Job[]; next: string | null }> {
  const after = cursors.read(filter.cursor)
  const found = await db
    .select(columns)
    .from(jobs)
    .innerJoin(leases, eq(leases.id, jobs.lease))
    .where(
      and(
        filter.tenant && eq(jobs.tenant, filter.tenant),
        filter.provider === undefined ? undefined : eq(jobs.provider, BigInt(filter.provider)),
        filter.state && eq(jobs.state, filter.state),
        after && lt(jobs.position, after[0]),
      ),
    )
    .orderBy(desc(jobs.position))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, ({ job }) => cursors.write([job.position]))
  return { items: await tellJobs(db, rows), next }
}

/** Jobs by their leases' ids; what is unknown is left out. */
export async function findJobsById(db: Database, ids: readonly Hex[]): Promise<Map<Hex, Job>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select(columns)
    .from(jobs)
    .innerJoin(leases, eq(leases.id, jobs.lease))
    .where(inArray(jobs.lease, [...ids]))
  return new Map((await tellJobs(db, rows)).map((job) => [job.lease, job]))
}

async function tellJobs(db: Database, rows: readonly JobRow[]): Promise<Job[]> {
  const termsOf = await findJobTerms(db, rows)
  return rows.map((row) => ({ ...stepsOf(row.job), ...leaseFieldsOf(row.lease), ...endOf(row), terms: termsOf(row) }))
}

/** What a job has of its lease. */
function leaseFieldsOf(row: LeaseRow) {
  return {
    lease: row.id,
    order: row.order,
    index: row.replica,
    tenant: row.tenant,
    provider: row.provider.toString(),
    asset: row.asset,
    class: row.resource,
    units: row.units,
    start: row.start,
    startUntil: row.start + row.startWindow,
    price: row.deposited,
    paid: row.paid,
    fee: row.fee,
    refunded: row.refunded,
    tx: row.tx,
    block: row.block,
  }
}

function stepsOf(row: JobRow['job']) {
  const { draws, challenge, result, passed, judged } = row
  return {
    state: row.state,
    begun: row.begun,
    progress: row.progress,
    result: result && { ...result, cid: cidText(result.cid) },
    anchor: row.anchor,
    reanchors: row.reanchors,
    draws: draws.map(({ validators, ...draw }) => ({ ...draw, validators: [...validators] })),
    challenge: challenge && { ...challenge, tasks: [...challenge.tasks] },
    recalled: row.recalled,
    // A challenge is of the first set only.
    seed: (draws.length === 1 ? challenge?.seed : undefined) ?? draws.at(-1)?.seed ?? null,
    drawUntil: row.drawUntil,
    challengeUntil: row.challengeUntil,
    verdictUntil: row.verdictUntil,
    verdict: judged && { ...judged, signers: [...judged.signers], passed: passed === true },
    split: row.split,
    charged: row.charged,
    toValidators: row.toValidators,
    returned: row.returned,
    penalised: row.penalised,
  }
}

function endOf({ job, lease }: JobRow): Pick<Job, 'ended'> {
  return { ended: job.ended && { ...leaseEnd(lease.reason), ...job.ended } }
}

/** The content id that a provider submitted, as text; null for bytes that are none. */
export function cidText(bytes: Hex): string | null {
  return /^0x(3[0-9]|[46][1-9a-f]|[57][0-9a])+$/.test(bytes) ? hexToString(bytes) : null
}
