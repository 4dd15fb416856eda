import type { Job, JobEvent } from '@tender/api'
import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { events } from '../../store/schema.ts'
import { cidText } from './jobs.ts'
import { leaseEnd } from './leases.ts'

const MAX_EVENTS = 1000

// CAST: an event's bytes are hex, its addresses have their checksums
const hex = z.string().transform((text) => text as Hex)
const address = z.string().transform((text) => text as Address)
const number = z.coerce.number().int()

type Told = Pick<JobEvent, 'kind'> & Partial<JobEvent>

/** How each of the contracts' events is told. Arguments are those of the events. */
const tellers: Readonly<Record<string, (args: Record<string, unknown>) => Told>> = {
  LeaseOpened: () => ({ kind: 'opened' }),
  JobBegun: () => ({ kind: 'begun' }),
  JobProgressed: (args) => ({ kind: 'progressed', root: hex.parse(args.root) }),
  JobSubmitted: (args) => ({
    kind: 'submitted',
    root: hex.parse(args.resultRoot),
    cid: cidText(hex.parse(args.cid)),
    anchor: number.parse(args.anchor),
  }),
  JobReanchored: (args) => ({ kind: 'reanchored', anchor: number.parse(args.anchor) }),
  JobDrawn: (args) => ({
    kind: 'drawn',
    seed: hex.parse(args.seed),
    validators: z.array(address).parse(args.validators),
  }),
  JobChallenged: (args) => ({
    kind: 'challenged',
    seed: hex.parse(args.seed),
    tasks: z.array(number).parse(args.tasks),
  }),
  JobRecalled: (args) => ({ kind: 'recalled', anchor: number.parse(args.anchor) }),
  JobJudged: (args) => ({ kind: 'judged', passed: z.boolean().parse(args.passed) }),
  JobSplit: (args) => ({ kind: 'split', providerBps: number.parse(args.providerBps) }),
  LeaseEnded: (args) => ({ kind: 'ended', end: leaseEnd(number.parse(args.reason)) }),
}

/** What happened to a job, the oldest first. */
export async function findJobEvents(db: Database, { lease, verdict }: Job): Promise<JobEvent[]> {
  const rows = await db
    .select()
    .from(events)
    .where(and(eq(events.lease, lease), inArray(events.name, Object.keys(tellers))))
    .orderBy(asc(events.position))
    .limit(MAX_EVENTS)
  return rows.flatMap(eventOf).map((event) => {
    // Who signed is known by place in the last draw.
    return event.kind === 'judged' ? { ...event, validators: verdict?.signers ?? [] } : event
  })
}

function eventOf({ name, args, at, tx, block, logIndex }: typeof events.$inferSelect): JobEvent[] {
  const told = tellers[name]?.(args)
  return told ? [{ ...absent, ...told, at, tx, block, logIndex }] : []
}

const absent = {
  root: null,
  cid: null,
  anchor: null,
  seed: null,
  validators: [],
  tasks: [],
  passed: null,
  providerBps: null,
  end: null,
}
