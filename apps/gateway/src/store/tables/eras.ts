import { boolean, index, integer, jsonb, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import type { Address, Hex } from 'viem'
import { address, amount, counted, hex, place, table, whole } from './columns.ts'

// What monitors said.

/** Who signed a report, as the contract had it then. `signature` is there if the transaction carried it openly. */
export type ReportSigner = { index: number; key: Address; weight: number; signature: Hex | null }

export const reports = table(
  'reports',
  {
    era: counted('era').notNull(),
    /** Raised by a veto. */
    attempt: integer('attempt').notNull(),
    /** Of its posting. */
    ...place(),
    round: integer('round').notNull(),
    root: hex('root').notNull(),
    /** Of the data set that the root can be rebuilt from. */
    dataHash: hex('data_hash').notNull(),
    /** Covers time up to this; and from the previous report's, or from when reporting began. */
    coveredUntil: whole('covered_until').notNull(),
    from: whole('covered_from').notNull(),
    effectiveAt: whole('effective_at').notNull(),
    vetoedTx: hex('vetoed_tx'),
    vetoedAt: whole('vetoed_at'),
    signers: jsonb('signers').$type<ReportSigner[]>().notNull(),
    /** Whole stake tokens: of the signers, and of all monitors. */
    signedWeight: whole('signed_weight').notNull(),
    totalWeight: whole('total_weight').notNull(),
  },
  (t) => [primaryKey({ columns: [t.era, t.attempt] }), index('reports_position').on(t.position)],
)

export const monitors = table(
  'monitors',
  {
    key: address('key').primaryKey(),
    /** Of its last joining. */
    ...place(),
    /** Null once it left. */
    index: smallint('index'),
    /** Whole stake tokens: counts until the era `nextFrom` by the clock, then `nextWeight` does. */
    weight: whole('weight').notNull(),
    nextWeight: whole('next_weight').notNull(),
    nextFrom: whole('next_from').notNull(),
    publicKey: hex('public_key'),
    /** Multiaddrs. */
    addresses: jsonb('addresses').$type<string[]>().notNull(),
    leftAt: whole('left_at'),
    /** Signed two reports where it may sign one: for ever. */
    ejected: boolean('ejected').notNull(),
    /** Reports posted while it counted. */
    signed: integer('signed').notNull(),
    missed: integer('missed').notNull(),
    /** Stake tokens taken. */
    slashed: amount('slashed').notNull(),
  },
  (t) => [index('monitors_index').on(t.index)],
)

export const disputes = table(
  'disputes',
  {
    id: counted('id').primaryKey(),
    /** Of its opening. */
    ...place(),
    lease: hex('lease').notNull(),
    era: counted('era').notNull(),
    opener: address('opener').notNull(),
    bond: amount('bond').notNull(),
    evidence: hex('evidence').notNull(),
    /** Null while it is open. */
    upheld: boolean('upheld'),
    returned: amount('returned'),
    resolvedTx: hex('resolved_tx'),
    resolvedAt: whole('resolved_at'),
  },
  (t) => [index('disputes_lease').on(t.lease), index('disputes_era').on(t.era)],
)

/** A report's leaf, from the era's data set after it was checked against the posted root. Not from events. */
export const leaves = table(
  'leaves',
  {
    era: counted('era').notNull(),
    root: hex('root').notNull(),
    /** Place in the tree's order. */
    leaf: integer('leaf').notNull(),
    kind: text('kind').$type<'lease' | 'credit' | 'provider' | 'monitor' | 'monitorSlash' | 'dispute'>().notNull(),
    /** The lease, provider, monitor or dispute that it is about, as text. */
    subject: text('subject').notNull(),
    /** Its hash in the tree. */
    hash: hex('hash').notNull(),
    /** Its figures; big integers are decimal texts. */
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.era, t.root, t.leaf] }), index('leaves_subject').on(t.kind, t.subject, t.era)],
)

/** A provider in an era, from the era's data set. Not from events. */
export const providerEras = table(
  'provider_eras',
  {
    provider: counted('provider').notNull(),
    era: counted('era').notNull(),
    root: hex('root').notNull(),
    score: integer('score').notNull(),
    /** The five inputs in basis points; null where the provider had nothing to judge. */
    inputs: jsonb('inputs').$type<Record<string, number>>(),
    /** Stake tokens, cumulative. */
    rewards: amount('rewards').notNull(),
    slashed: amount('slashed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.era, t.root] }), index('provider_eras_era').on(t.era, t.provider)],
)
