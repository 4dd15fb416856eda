import { addressSchema, bytes32Schema } from '@tender/protocol'
import { getAddress } from 'viem'
import { z } from 'zod'
import type { Agreeing } from './agreeing.ts'
import type { Assignments } from './assignments.ts'
import type { Core } from './core.ts'
import { lowerCase } from './facts/lowerCase.ts'
import type { Validator } from './jobs/validator.ts'
import type { Watcher } from './watcher.ts'

const seconds = z.int()
const era = z.string().regex(/^\d+$/)

/** How a monitor is, as plain JSON; eras are decimal strings. */
export const monitorStatusSchema = z.strictObject({
  monitor: addressSchema,
  /** Where peers reach it. */
  addresses: z.array(z.string()),
  /** What it weighs now, and all together. */
  weight: z.int(),
  totalWeight: z.int(),
  /** The newest block that it knows; absent: none yet. */
  head: z.strictObject({ block: z.int(), timestamp: seconds }).optional(),
  /** What is agreed on now. */
  agreement: z.strictObject({
    era,
    attempt: z.int(),
    /** When the era ended that is agreed on; absent: it still runs. */
    until: seconds.optional(),
    round: z.int().optional(),
    leader: addressSchema.optional(),
    /** Monitors whose word on the era is here. */
    batches: z.array(addressSchema),
    /** Why it last refused to sign. */
    lastRefusal: z.string().optional(),
  }),
  /** The newest report; absent: there is none. */
  lastReport: z.strictObject({ era, coveredUntil: seconds, effectiveAt: seconds, round: z.int() }).optional(),
  /** Whether it is cut off from the other monitors; absent: not known yet. */
  blind: z.boolean().optional(),
  /** Leases that it looks at now. */
  watching: z.int(),
  /** Kinds of the drivers with which it runs tasks of jobs again; none: it judges no job. */
  validates: z.array(z.string()),
  /** Jobs that it was drawn for and that are not over. `why`: of what it declined, or cannot fetch. */
  jobs: z.array(
    z.strictObject({
      lease: bytes32Schema,
      state: z.enum(['waiting', 'judging', 'signed', 'declined', 'unserved']),
      why: z.string().optional(),
    }),
  ),
})

export type MonitorStatus = z.output<typeof monitorStatusSchema>

/** How a monitor is now. */
export function statusOf(
  { account, node, facts, chain, drivers = [] }: Core,
  {
    agreement,
    watcher,
    assignments,
    validator,
  }: Pick<Agreeing, 'agreement'> & {
    watcher: Pick<Watcher, 'blind'>
    assignments: Pick<Assignments, 'leases'>
    validator: Pick<Validator, 'work'>
  },
): MonitorStatus {
  const members = chain.members()
  const head = facts.head()
  const last = chain.next().posted.at(-1)
  const { era, batches, leader, ...agreed } = agreement.status()
  return {
    monitor: account.address,
    addresses: node.addresses(),
    weight: members.find(({ monitor }) => monitor === lowerCase(account.address))?.weight ?? 0,
    totalWeight: members.reduce((sum, { weight }) => sum + weight, 0),
    head: head && { block: Number(head.number), timestamp: head.timestamp },
    agreement: {
      ...agreed,
      era: era.toString(),
      leader: leader && getAddress(leader),
      batches: batches.map((monitor) => getAddress(monitor)),
    },
    lastReport: last && {
      era: last.era.toString(),
      coveredUntil: last.coveredUntil,
      effectiveAt: last.effectiveAt,
      round: last.round,
    },
    blind: watcher.blind(),
    watching: assignments.leases().length,
    validates: drivers.map(({ kind }) => kind),
    jobs: validator.work(),
  }
}
