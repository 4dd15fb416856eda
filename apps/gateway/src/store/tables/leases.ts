import { boolean, index, integer, jsonb, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import type { Hex } from 'viem'
import { address, amount, counted, hex, place, table, whole } from './columns.ts'

/** Later than anything: all times have 40 bits. */
export const NEVER = 2 ** 40

// What was agreed. A resource class is its short name, as in `cu`.

/** A lease: its terms, and what became of it. */
export const leases = table(
  'leases',
  {
    id: hex('id').primaryKey(),
    /** Of its opening. */
    ...place(),
    order: hex('order_hash').notNull(),
    offer: hex('offer').notNull(),
    /** Replica, from 0. */
    replica: integer('replica').notNull(),
    tenant: address('tenant').notNull(),
    provider: counted('provider').notNull(),
    payout: address('payout').notNull(),
    asset: address('asset').notNull(),
    resource: text('resource').notNull(),
    units: whole('units').notNull(),
    /** Smallest units of the asset per hour, for all units. */
    rate: amount('rate').notNull(),
    start: whole('start').notNull(),
    latestEnd: whole('latest_end').notNull(),
    kind: smallint('kind').notNull(),
    tier: smallint('tier').notNull(),
    uptimeBps: integer('uptime_bps').notNull(),
    maxSilence: whole('max_silence').notNull(),
    minSeconds: whole('min_seconds').notNull(),
    noticeSeconds: whole('notice_seconds').notNull(),
    startWindow: whole('start_window').notNull(),
    jobTerms: hex('job_terms').notNull(),
    verifier: address('verifier').notNull(),
    /** Paid until. */
    end: whole('end_at').notNull(),
    /** 0 while nobody ended it early. */
    closedAt: whole('closed_at').notNull(),
    /**
     * When it ends or ended: `closedAt`, else `end`; of a job that nobody ended {@link NEVER}. Running is `stop > now` with
     * `closedAt = 0`, ending `stop > now`.
     */
    stop: whole('stop').notNull(),
    secondsPaid: whole('seconds_paid').notNull(),
    /** By time: seconds before this are settled or forfeited. */
    settledUntil: whole('settled_until').notNull(),
    released: boolean('released').notNull(),
    byTime: boolean('by_time').notNull(),
    resolved: boolean('resolved').notNull(),
    /** See `reasonCodes`; 0 while it runs and where its time just ran out. */
    reason: smallint('reason').notNull(),
    evidence: hex('evidence'),
    endedTx: hex('ended_tx'),
    resolvedTx: hex('resolved_tx'),
    /** Put down by the tenant so far, extensions included. */
    deposited: amount('deposited').notNull(),
    /** To the provider, net of fees. */
    paid: amount('paid').notNull(),
    fee: amount('fee').notNull(),
    /** Back to the tenant. `deposited - paid - fee - refunded` is what it still holds. */
    refunded: amount('refunded').notNull(),
    /** Stake tokens that reports said its provider owes its tenant, and what of it could be taken. */
    credited: amount('credited').notNull(),
    creditTaken: amount('credit_taken').notNull(),
  },
  (t) => [
    // By time of opening, and by the end for lists of what runs or has ended: `stop` splits the two.
    index('leases_position').on(t.position),
    index('leases_tenant').on(t.tenant, t.position),
    index('leases_provider').on(t.provider, t.position),
    index('leases_resource').on(t.resource, t.position),
    index('leases_order').on(t.order),
    index('leases_stop').on(t.stop, t.position),
    index('leases_tenant_stop').on(t.tenant, t.stop, t.position),
    index('leases_provider_stop').on(t.provider, t.stop, t.position),
    index('leases_resource_stop').on(t.resource, t.stop, t.position),
  ],
)

/** A lease opened: what was traded, when and for how much. */
export const matches = table(
  'matches',
  {
    ...place(),
    lease: hex('lease').notNull(),
    order: hex('order_hash').notNull(),
    tenant: address('tenant').notNull(),
    provider: counted('provider').notNull(),
    asset: address('asset').notNull(),
    resource: text('resource').notNull(),
    units: whole('units').notNull(),
    /** Smallest units of the asset per unit and hour. */
    price: amount('price').notNull(),
    /** Seconds paid for at opening. */
    duration: whole('duration').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.position] }),
    index('matches_class').on(t.resource, t.asset, t.position),
    index('matches_class_at').on(t.resource, t.asset, t.at),
    index('matches_tenant').on(t.tenant, t.position),
    index('matches_provider').on(t.provider, t.position),
    index('matches_order').on(t.order),
  ],
)

/** An order auctioned on chain. */
export const auctions = table(
  'auctions',
  {
    order: hex('order_hash').primaryKey(),
    ...place(),
    tenant: address('tenant').notNull(),
    asset: address('asset').notNull(),
    resource: text('resource').notNull(),
    units: whole('units').notNull(),
    replicas: integer('replicas').notNull(),
    maxPrice: amount('max_price').notNull(),
    auctionEnd: whole('auction_end').notNull(),
    expiry: whole('expiry').notNull(),
    reserved: amount('reserved').notNull(),
    state: text('state').$type<'active' | 'awarded' | 'cancelled'>().notNull(),
    /** Offers of the bids that hold units. */
    kept: jsonb('kept').$type<Hex[]>().notNull(),
    /** Leases that its award opened. */
    opened: integer('opened').notNull(),
    endedTx: hex('ended_tx'),
    /** The order in full; integers of more than 48 bits are decimal texts. */
    content: jsonb('content').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [index('auctions_position').on(t.position), index('auctions_tenant').on(t.tenant, t.position)],
)

/** A bid in an auction on chain. */
export const auctionBids = table(
  'auction_bids',
  {
    order: hex('order_hash').notNull(),
    offer: hex('offer').notNull(),
    ...place(),
    provider: counted('provider').notNull(),
    price: amount('price').notNull(),
    rank: amount('rank').notNull(),
    /** `kept` holds capacity; `opened`: it became leases. */
    state: text('state').$type<'kept' | 'evicted' | 'opened' | 'freed'>().notNull(),
    content: jsonb('content').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.order, t.offer] })],
)

/** An order's tenant spent its nonce: it cannot be matched any more. */
export const cancellations = table(
  'cancellations',
  {
    ...place(),
    order: hex('order_hash').notNull(),
    tenant: address('tenant').notNull(),
    nonce: amount('nonce').notNull(),
  },
  (t) => [primaryKey({ columns: [t.position] }), index('cancellations_order').on(t.order)],
)

/** A signed order that was seen in gossip or given to this gateway. The chain says what became of it. */
export const orders = table(
  'orders',
  {
    hash: hex('hash').primaryKey(),
    /** Counts up as orders are seen: lists go by it. */
    position: whole('position').notNull(),
    /** Unix seconds by the gateway's clock. */
    seenAt: whole('seen_at').notNull(),
    tenant: address('tenant').notNull(),
    asset: address('asset').notNull(),
    resource: text('resource').notNull(),
    units: whole('units').notNull(),
    replicas: integer('replicas').notNull(),
    maxPrice: amount('max_price').notNull(),
    duration: whole('duration').notNull(),
    auctionEnd: whole('auction_end').notNull(),
    expiry: whole('expiry').notNull(),
    /** Plain JSON: the order, its brief's public part, and the envelope as it was signed. */
    content: jsonb('content').$type<Record<string, unknown>>().notNull(),
    brief: jsonb('brief').$type<Record<string, unknown>>(),
    envelope: text('envelope').notNull(),
    /** Block of its match or its cancellation; null: neither. */
    matchedBlock: whole('matched_block'),
    cancelledBlock: whole('cancelled_block'),
  },
  (t) => [
    index('orders_position').on(t.position),
    index('orders_tenant').on(t.tenant, t.position),
    index('orders_resource').on(t.resource, t.position),
    index('orders_expiry').on(t.expiry, t.position),
  ],
)
