import { boolean, index, integer, jsonb, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { address, amount, counted, hex, place, table, whole } from './columns.ts'

// Who sells and what, and what the market allows.

export const providers = table(
  'providers',
  {
    id: counted('id').primaryKey(),
    /** Of its registration. */
    ...place(),
    owner: address('owner').notNull(),
    /** Null after a transfer, until the new owner names one. */
    operator: address('operator'),
    payout: address('payout').notNull(),
    country: text('country').notNull(),
    /** Hash of its public description. */
    metadata: hex('metadata').notNull(),
    /** See `providerStatuses`. */
    status: smallint('status').notNull(),
    offerEpoch: whole('offer_epoch').notNull(),
    score: integer('score').notNull(),
    /** As proven; in force is the worse of it and the ceiling, and 5 after `levelValidUntil`. */
    level: smallint('level').notNull(),
    levelValidUntil: whole('level_valid_until').notNull(),
    ceiling: smallint('ceiling').notNull(),
    /** Whether its stake covers its locks. */
    collateralised: boolean('collateralised').notNull(),
    /** Ever opened. */
    leases: whole('leases').notNull(),
    /** Stake tokens: minted as rewards, taken by reports, taken for leaving leases, and for credits to tenants. */
    rewarded: amount('rewarded').notNull(),
    slashed: amount('slashed').notNull(),
    penalised: amount('penalised').notNull(),
    credited: amount('credited').notNull(),
  },
  (t) => [
    index('providers_owner').on(t.owner),
    index('providers_operator').on(t.operator),
    index('providers_country').on(t.country, t.id),
    index('providers_status').on(t.status, t.id),
  ],
)

/** Where a provider is, as it said last, signed by its operator. Not from events: it says so every minute. */
export const contacts = table('contacts', {
  provider: counted('provider').primaryKey(),
  /** Unix seconds by the gateway's clock. */
  seenAt: whole('seen_at').notNull(),
  /** The envelope as it travels, big integers as decimal texts. */
  envelope: text('envelope').notNull(),
})

/** What went wrong with a provider, for the record. */
export const incidents = table(
  'incidents',
  {
    ...place(),
    provider: counted('provider').notNull(),
    type: text('type')
      .$type<'abandoned' | 'endedByMonitors' | 'penalised' | 'slashed' | 'credit' | 'uncollateralised' | 'banned'>()
      .notNull(),
    lease: hex('lease'),
    /** See `reasonCodes`, of a lease's end. */
    reason: smallint('reason'),
    /** Stake tokens that were taken. */
    amount: amount('amount'),
  },
  (t) => [primaryKey({ columns: [t.position] }), index('incidents_provider').on(t.provider, t.position)],
)

/** An auditor's word on a provider. */
export const attestations = table(
  'attestations',
  {
    ...place(),
    provider: counted('provider').notNull(),
    auditor: address('auditor').notNull(),
    resultBps: integer('result_bps').notNull(),
    evidence: hex('evidence').notNull(),
    expiry: whole('expiry').notNull(),
  },
  (t) => [primaryKey({ columns: [t.position] }), index('attestations_provider').on(t.provider, t.position)],
)

/** What a provider committed of a class. */
export const capacity = table(
  'capacity',
  {
    provider: counted('provider').notNull(),
    resource: text('resource').notNull(),
    /** Of the last change of `committed`. */
    ...place(),
    committed: whole('committed').notNull(),
    leased: whole('leased').notNull(),
    stakePerUnit: amount('stake_per_unit').notNull(),
    /** No lease ends after this. */
    until: whole('until').notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.resource] }), index('capacity_resource').on(t.resource, t.provider)],
)

/** Resource classes, with sums over all capacity. */
export const classes = table('classes', {
  /** Short name. */
  resource: text('resource').primaryKey(),
  /** Of the last change by governance. */
  ...place(),
  /** As the contracts have it. */
  id: hex('id').notNull(),
  listed: boolean('listed').notNull(),
  stakePerUnit: amount('stake_per_unit').notNull(),
  committed: whole('committed').notNull(),
  leased: whole('leased').notNull(),
  /** With anything committed. */
  providers: integer('providers').notNull(),
})

export const assets = table('assets', {
  address: address('address').primaryKey(),
  /** Of the last change by governance. */
  ...place(),
  allowed: boolean('allowed').notNull(),
  /** As its contract says; null where it says nothing. */
  symbol: text('symbol'),
  decimals: smallint('decimals'),
  /** What 10^18 smallest units are worth in smallest units of stake; 0: nothing. */
  rate: amount('rate').notNull(),
})

/** The latest of what governance sets, as the events' arguments: `fee`, `orderPolicy`, `monitorPolicy`, `rewardPolicy`,
 * `unbondingDelay`, `levelTtl`, `penalty:<tier>`, `verifier:<address>`, `auditor:<address>`. */
export const settings = table('settings', {
  name: text('name').primaryKey(),
  ...place(),
  value: jsonb('value').$type<Record<string, unknown>>().notNull(),
})
