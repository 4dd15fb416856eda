import { boolean, index, integer, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { address, amount, counted, hex, place, table, whole } from './columns.ts'

// Who has what. Every amount equals what the contracts answer at the cursor's block.

/** An account's money in escrow. */
export const balances = table(
  'balances',
  {
    account: address('account').notNull(),
    asset: address('asset').notNull(),
    /** To spend or withdraw. */
    available: amount('available').notNull(),
    /** Held by the account's leases as their tenant. */
    inLeases: amount('in_leases').notNull(),
    /** Reserved for the account's auctions on chain. */
    inAuctions: amount('in_auctions').notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.asset] })],
)

/**
 * - `escrow`: changes of an account's available balance; their sum is the balance.
 * - `stake`: what an account put into a pool or got out of one, was rewarded, or lost.
 * - `bond`: what a dispute's opener put down and got back.
 * - `wallet`: what was paid straight to the account.
 */
export type Ledger = 'escrow' | 'stake' | 'bond' | 'wallet'

export type MovementType =
  | 'deposit'
  | 'withdrawal'
  | 'reserve'
  | 'unreserve'
  | 'lease'
  | 'extension'
  | 'refund'
  | 'earning'
  | 'fee'
  | 'verifyFee'
  | 'given'
  | 'stake'
  | 'unstake'
  | 'slash'
  | 'compensation'
  | 'reward'
  | 'commission'
  | 'claim'
  | 'bond'
  | 'bondBack'

/** Every movement of money that concerns an account. */
export const movements = table(
  'movements',
  {
    ...place(),
    /** One event may move several accounts' money. */
    leg: integer('leg').notNull(),
    account: address('account').notNull(),
    ledger: text('ledger').$type<Ledger>().notNull(),
    type: text('type').$type<MovementType>().notNull(),
    /** The stake token, for stake and bonds. */
    asset: address('asset').notNull(),
    /** Negative: it left the ledger's balance. */
    amount: amount('amount').notNull(),
    /** Whom it came from or went to, where that is somebody else. */
    counterparty: address('counterparty'),
    lease: hex('lease'),
    order: hex('order_hash'),
    provider: counted('provider'),
    pool: amount('pool'),
  },
  (t) => [
    primaryKey({ columns: [t.position, t.leg] }),
    index('movements_account').on(t.account, t.position, t.leg),
    index('movements_provider').on(t.provider, t.type, t.at),
  ],
)

/** One pool of stake, see `IStaking`. */
export const pools = table(
  'pools',
  {
    /** `kind << 160 | id`. */
    pool: amount('pool').primaryKey(),
    kind: text('kind').$type<'provider' | 'monitor' | 'tenant'>().notNull(),
    /** Of a provider's pool. */
    provider: counted('provider'),
    /** Of a monitor's or a tenant's. */
    account: address('account'),
    assets: amount('assets').notNull(),
    locked: amount('locked').notNull(),
    shares: amount('shares').notNull(),
    unbonding: amount('unbonding').notNull(),
    generation: whole('generation').notNull(),
    commissionBps: integer('commission_bps').notNull(),
    nextCommissionBps: integer('next_commission_bps').notNull(),
    /** 0 if no change waits. */
    nextCommissionFrom: whole('next_commission_from').notNull(),
  },
  (t) => [index('pools_provider').on(t.provider), index('pools_account').on(t.account)],
)

/** An account's bonded shares in a pool's generation. Only those of the present generation are worth anything. */
export const stakes = table(
  'stakes',
  {
    pool: amount('pool').notNull(),
    generation: whole('generation').notNull(),
    account: address('account').notNull(),
    shares: amount('shares').notNull(),
  },
  (t) => [primaryKey({ columns: [t.pool, t.generation, t.account] }), index('stakes_account').on(t.account, t.pool)],
)

/** Shares on their way out of a pool. */
export const unbondings = table(
  'unbondings',
  {
    request: amount('request').primaryKey(),
    ...place(),
    pool: amount('pool').notNull(),
    generation: whole('generation').notNull(),
    account: address('account').notNull(),
    shares: amount('shares').notNull(),
    availableAt: whole('available_at').notNull(),
    /** It compensates its account for a slash, rather than being what it staked itself. */
    bySlash: boolean('by_slash').notNull(),
    /** What was paid out; null while it waits. */
    withdrawn: amount('withdrawn'),
  },
  (t) => [index('unbondings_account').on(t.account, t.request), index('unbondings_pool').on(t.pool, t.request)],
)

/** Commission that an account may claim, stake tokens. */
export const commissions = table('commissions', {
  account: address('account').primaryKey(),
  claimable: amount('claimable').notNull(),
})

/** Rewards that were paid. */
export const rewards = table(
  'rewards',
  {
    ...place(),
    era: counted('era').notNull(),
    /** Either a provider, in stake tokens, or a monitor. */
    provider: counted('provider'),
    monitor: address('monitor'),
    asset: address('asset').notNull(),
    amount: amount('amount').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.position] }),
    index('rewards_provider').on(t.provider, t.position),
    index('rewards_monitor').on(t.monitor, t.position),
  ],
)

/** A part of a lease's time that was paid for. */
export const settlements = table(
  'settlements',
  {
    ...place(),
    lease: hex('lease').notNull(),
    tenant: address('tenant').notNull(),
    provider: counted('provider').notNull(),
    payout: address('payout').notNull(),
    asset: address('asset').notNull(),
    resource: text('resource').notNull(),
    tier: smallint('tier').notNull(),
    /** Seconds that this one paid for. */
    seconds: whole('seconds').notNull(),
    /** Net of the fee. */
    paid: amount('paid').notNull(),
    fee: amount('fee').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.position] }),
    index('settlements_lease').on(t.lease, t.position),
    index('settlements_provider').on(t.provider, t.at),
  ],
)
