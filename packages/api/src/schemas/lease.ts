import { z } from 'zod'
import {
  accountSchema,
  addressParam,
  amountSchema,
  bpsSchema,
  classNameSchema,
  classParam,
  countSchema,
  eraNumberSchema,
  hashSchema,
  idParam,
  idSchema,
  kindSchema,
  pageOf,
  pageQuery,
  placed,
  secondsSchema,
  tierSchema,
  timeSchema,
} from './common.ts'

export const leaseStateSchema = z
  .enum(['running', 'ending', 'ended'])
  .describe(
    'running: nobody ended it. ending: somebody did, its last second is still to come. ended: it is past its stop, or its job has ended',
  )

export const jobStateSchema = z
  .enum(['opened', 'begun', 'submitted', 'drawn', 'recalled', 'redrawn', 'ended'])
  .describe(
    'opened: its provider has not begun it. begun: it runs. submitted: its result is there. drawn: validators look at it. recalled: ' +
      'the first came to no verdict, others are to be drawn. redrawn: those look at it. ended: paid or given back',
  )

export const leaseEndSchema = z
  .object({
    code: z.int().min(0).max(255).describe('Reason code; 0: its time is over'),
    name: z.string().max(64).describe('Stable name of the reason, e.g. closedByTenant'),
    text: z.string().max(256).describe('The reason in words'),
  })
  .meta({ id: 'LeaseEnd', description: 'Why a lease ended or will end' })

/** One thing that happened to a lease on the chain. */
export const leaseEventSchema = z
  .object({
    kind: z
      .enum(['opened', 'extended', 'settled', 'ended', 'resolved', 'released', 'fallback', 'credited'])
      .describe(
        'opened: money went in. extended: more of it. settled: the provider was paid. ended: closed, abandoned or ended by monitors. ' +
          'resolved: nothing is held any more. released: its units are free. fallback: settled by time from here on. credited: compensation from stake',
      ),
    at: timeSchema,
    amount: amountSchema
      .nullable()
      .describe(
        "Smallest units: of the lease's asset, of the stake token if credited. opened, extended: paid in. settled: to the provider, net of the fee. ended, resolved: back to the tenant",
      ),
    fee: amountSchema.nullable().describe('settled: to the reward wallet'),
    seconds: secondsSchema.nullable().describe('settled: seconds paid for so far, in all'),
    until: timeSchema.nullable().describe('opened, extended: paid until. ended: stops. fallback: settled until'),
    end: leaseEndSchema.nullable().describe('ended: why'),
    evidence: hashSchema.nullable().describe('ended: hash of the evidence; null: none was named'),
    logIndex: countSchema.describe('Place in its block'),
    ...placed,
  })
  .meta({ id: 'LeaseEvent', description: 'One thing that happened to a lease on the chain' })

const leaseFields = {
  id: hashSchema.describe('Hash of its terms'),
  state: leaseStateSchema,
  job: jobStateSchema.nullable().describe('How its job stands; null: it is a service'),
  order: hashSchema,
  offer: hashSchema,
  index: z.int().min(0).max(65_535).describe('Which replica of its order it is'),
  tenant: accountSchema,
  provider: idSchema,
  payout: accountSchema.describe('Who is paid'),
  asset: accountSchema,
  class: classNameSchema,
  units: countSchema,
  price: amountSchema.describe('Smallest units per unit per hour'),
  rate: amountSchema.describe('Smallest units per hour: price × units'),
  kind: kindSchema,
  tier: tierSchema,
  start: timeSchema,
  end: timeSchema.describe('Paid until. Of a job: how much machine time was bought, not when it is over'),
  latestEnd: timeSchema.describe('It can be extended up to here'),
  closedAt: timeSchema.nullable().describe('When it stops because somebody ended it; null: nobody did'),
  stop: timeSchema
    .nullable()
    .describe(
      'When it stops or stopped: the earlier of both. A job stops when its contract ends it; null: it did not yet',
    ),
  monitored: z.boolean().describe('Paid by monitored service; false: paid by time'),
  verifier: accountSchema.nullable().describe('The contract that says what was served; null: none'),
  uptimeBps: bpsSchema.describe('Promised uptime; 0: unmonitored'),
  maxSilence: secondsSchema.describe('How far back one settlement by time may reach, seconds; 0: no limit'),
  minSeconds: secondsSchema.describe('Charged even when it is closed earlier, seconds'),
  noticeSeconds: secondsSchema.describe('Notice before an interruption, seconds'),
  startWindow: secondsSchema.describe('How long the provider may take to start, seconds'),
  deposited: amountSchema.describe("Paid into it so far, extensions included: asset's smallest units"),
  secondsPaid: secondsSchema.describe('Seconds that the provider was paid for'),
  settledUntil: timeSchema
    .nullable()
    .describe('By time: earlier seconds are settled or forfeited; null: it waits for reports'),
  paid: amountSchema.describe("To the provider so far, net of fees: asset's smallest units"),
  fee: amountSchema.describe("To the reward wallet so far: asset's smallest units"),
  refunded: amountSchema.describe("Back to the tenant so far: asset's smallest units"),
  held: amountSchema.describe("Still in escrow for it: asset's smallest units"),
  credited: amountSchema.describe("Compensation to the tenant from the provider's stake: stake token's smallest units"),
  ended: leaseEndSchema.nullable().describe('Why it ended or will end; null while it runs'),
  resolved: z.boolean().describe('Nothing is held for it any more'),
  released: z.boolean().describe('Its units are free again'),
  ...placed,
}

/** A lease: its terms, its money and how it stands. */
export const leaseSchema = z
  .object(leaseFields)
  .meta({ id: 'Lease', description: 'A lease: its terms, its money and how it stands' })

/** What a report said of a lease. */
export const leaseEraSchema = z
  .object({
    era: eraNumberSchema,
    served: secondsSchema.describe("Served in all, cumulative, as the era's report says: seconds"),
  })
  .meta({ id: 'LeaseEra', description: 'What a report said of a lease' })

export const leaseDetailSchema = z
  .object({
    ...leaseFields,
    events: z.array(leaseEventSchema).max(1000).describe('What happened to it, the oldest first, at most 1000'),
    eras: z.array(leaseEraSchema).max(100).describe('What the last reports said of it, the newest first, at most 100'),
  })
  .meta({ id: 'LeaseDetail', description: 'A lease with everything that happened to it' })

export const leasesSchema = pageOf(leaseSchema).meta({ id: 'LeasePage', description: 'Leases, the newest first' })

export const leasesQuery = z.strictObject({
  tenant: addressParam.optional().describe('Only of this tenant'),
  provider: idParam.optional().describe('Only of this provider'),
  state: leaseStateSchema.optional(),
  class: classParam.optional(),
  ...pageQuery,
})

export const matchesQuery = z.strictObject({
  class: classParam.optional(),
  provider: idParam.optional().describe('Only of this provider'),
  tenant: addressParam.optional().describe('Only of this tenant'),
  ...pageQuery,
})

export type JobState = z.output<typeof jobStateSchema>
export type LeaseState = z.output<typeof leaseStateSchema>
export type LeaseEnd = z.output<typeof leaseEndSchema>
export type LeaseEvent = z.output<typeof leaseEventSchema>
export type Lease = z.output<typeof leaseSchema>
export type LeaseEra = z.output<typeof leaseEraSchema>
export type LeaseDetail = z.output<typeof leaseDetailSchema>
