import type { LeaseEra, LeaseEvent } from '@tender/api'
import { and, asc, desc, eq, isNull } from 'drizzle-orm'
import { type Hex, zeroHash } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { events, leaves, reports } from '../../store/schema.ts'
import { leaseEnd } from './leases.ts'

const MAX_EVENTS = 1000
const MAX_ERAS = 100

const number = z.coerce.number().int()
const amount = z.coerce.bigint()
const settledArgs = z.object({ secondsPaid: number, paid: amount, fee: amount })
const endedArgs = z.object({ reason: number, closedAt: number, refunded: amount, evidence: z.string() })

type EventRow = Pick<typeof events.$inferSelect, 'name' | 'args' | 'at' | 'tx' | 'block' | 'logIndex'>
type Told = Pick<LeaseEvent, 'kind'> & Partial<LeaseEvent>

/** How each of the contracts' events is told. Arguments are those of the events. */
const tellers: Readonly<Record<string, (args: Record<string, unknown>) => Told>> = {
  LeaseOpened: (args) => ({ kind: 'opened', until: number.parse(args.end) }),
  LeaseExtended: (args) => ({ kind: 'extended', until: number.parse(args.end), amount: amount.parse(args.amount) }),
  LeaseSettled(args) {
    const { secondsPaid, paid, fee } = settledArgs.parse(args)
    return { kind: 'settled', seconds: secondsPaid, amount: paid, fee }
  },
  LeaseEnded(args) {
    const { reason, closedAt, refunded, evidence } = endedArgs.parse(args)
    // CAST: an event's bytes32 is hex
    const shown = evidence === zeroHash ? null : (evidence as Hex)
    return { kind: 'ended', until: closedAt, amount: refunded, end: leaseEnd(reason), evidence: shown }
  },
  LeaseResolved: (args) => ({ kind: 'resolved', amount: amount.parse(args.refunded) }),
  LeaseReleased: () => ({ kind: 'released' }),
  FallbackEntered: (args) => ({ kind: 'fallback', until: number.parse(args.settledUntil) }),
  CreditApplied: (args) => ({ kind: 'credited', amount: amount.parse(args.taken) }),
}

/** What happened to a lease, the oldest first. `opening` is what was paid in when it opened. */
export async function findLeaseEvents(db: Database, lease: Hex, opening: bigint): Promise<LeaseEvent[]> {
  const rows = await db
    .select({
      name: events.name,
      args: events.args,
      at: events.at,
      tx: events.tx,
      block: events.block,
      logIndex: events.logIndex,
    })
    .from(events)
    .where(eq(events.lease, lease))
    .orderBy(asc(events.position))
    .limit(MAX_EVENTS)
  const told = rows.flatMap(eventOf)
  const extended = told.reduce((sum, { kind, amount }) => (kind === 'extended' ? sum + (amount ?? 0n) : sum), 0n)
  return told.map((event) => (event.kind === 'opened' ? { ...event, amount: opening - extended } : event))
}

function eventOf({ name, args, at, tx, block, logIndex }: EventRow): LeaseEvent[] {
  const told = tellers[name]?.(args)
  if (!told) return []
  const absent = { amount: null, fee: null, seconds: null, until: null, end: null, evidence: null }
  return [{ ...absent, ...told, at, tx, block, logIndex }]
}

const leaseLeaf = z.object({ served: number })

/** What the last reports said of a lease, the newest first. */
export async function findLeaseEras(db: Database, lease: Hex): Promise<LeaseEra[]> {
  const rows = await db
    .select({ era: leaves.era, data: leaves.data })
    .from(leaves)
    .innerJoin(reports, and(eq(reports.era, leaves.era), eq(reports.root, leaves.root), isNull(reports.vetoedTx)))
    .where(and(eq(leaves.kind, 'lease'), eq(leaves.subject, lease)))
    .orderBy(desc(leaves.era))
    .limit(MAX_ERAS)
  return rows.map(({ era, data }) => ({ era: Number(era), served: leaseLeaf.parse(data).served }))
}
