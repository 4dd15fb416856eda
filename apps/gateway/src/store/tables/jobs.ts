import type { Job } from '@tender/api'
import { boolean, index, jsonb, smallint, text } from 'drizzle-orm/pg-core'
import type { Address, Hex } from 'viem'
import { address, amount, counted, hex, place, table, whole } from './columns.ts'

/** When something happened, in the `jsonb` of a row. */
export type Happened = { at: number; tx: Hex; block: number }

/** One drawing of validators. */
export type Draw = Happened & { seed: Hex; validators: readonly Address[] }

/** A job: what became of it beside its lease, which has the same id. Steps that it did not come to are null. */
export const jobs = table(
  'jobs',
  {
    lease: hex('lease').primaryKey(),
    /** Of its opening. */
    ...place(),
    tenant: address('tenant').notNull(),
    provider: counted('provider').notNull(),
    state: text('state').$type<Job['state']>().notNull(),
    /** What was agreed; amounts are decimal texts. Only known once it was begun. */
    terms: jsonb('terms').$type<Record<string, unknown>>(),
    begun: jsonb('begun').$type<Happened>(),
    /** The last one. */
    progress: jsonb('progress').$type<Happened & { root: Hex }>(),
    /** `cid`: bytes as they were submitted. */
    result: jsonb('result').$type<Happened & { root: Hex; cid: Hex }>(),
    anchor: whole('anchor'),
    /** Of the present set. */
    reanchors: smallint('reanchors').notNull(),
    draws: jsonb('draws').$type<Draw[]>().notNull(),
    challenge: jsonb('challenge').$type<Happened & { seed: Hex; tasks: readonly number[] }>(),
    recalled: jsonb('recalled').$type<Happened>(),
    /** Ends of the present state, Unix seconds. */
    drawUntil: whole('draw_until'),
    challengeUntil: whole('challenge_until'),
    verdictUntil: whole('verdict_until'),
    /** The verdict: apart from who signed it for counting. */
    passed: boolean('passed'),
    judged: jsonb('judged').$type<Happened & { signers: readonly Address[] }>(),
    split: jsonb('split').$type<Happened & { providerBps: number }>(),
    ended: jsonb('ended').$type<Happened>(),
    /** From the tenant beside the price, and where it went; smallest units of the lease's asset. */
    charged: amount('charged').notNull(),
    toValidators: amount('to_validators').notNull(),
    returned: amount('returned').notNull(),
    /** Stake tokens. */
    penalised: amount('penalised').notNull(),
  },
  (t) => [
    index('jobs_position').on(t.position),
    index('jobs_tenant').on(t.tenant, t.position),
    index('jobs_provider').on(t.provider, t.position),
    index('jobs_state').on(t.state, t.position),
    index('jobs_passed').on(t.passed),
  ],
)
