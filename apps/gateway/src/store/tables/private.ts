import { index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import { address, hex, table, whole } from './columns.ts'

// What people keep at this gateway. Not from the chain: starting over leaves it alone. Times are Unix seconds by the gateway's clock.

/** Given out for one sign-in each. */
export const nonces = table(
  'nonces',
  { nonce: text('nonce').primaryKey(), expiresAt: whole('expires_at').notNull() },
  (t) => [index('nonces_expires_at').on(t.expiresAt)],
)

export const sessions = table(
  'sessions',
  {
    /** SHA-256 of the cookie's secret. */
    id: hex('id').primaryKey(),
    account: address('account').notNull(),
    createdAt: whole('created_at').notNull(),
    expiresAt: whole('expires_at').notNull(),
  },
  (t) => [index('sessions_expires_at').on(t.expiresAt)],
)

export const apiTokens = table(
  'api_tokens',
  {
    id: text('id').primaryKey(),
    /** SHA-256 of the token. */
    secret: hex('secret').notNull().unique('api_tokens_secret'),
    account: address('account').notNull(),
    name: text('name').notNull(),
    scopes: jsonb('scopes').$type<string[]>().notNull(),
    createdAt: whole('created_at').notNull(),
    /** Null: never. */
    expiresAt: whole('expires_at'),
    lastUsedAt: whole('last_used_at'),
  },
  (t) => [index('api_tokens_account').on(t.account, t.id)],
)

/** A Compose file that its writer comes back to. */
export const drafts = table(
  'drafts',
  {
    account: address('account').notNull(),
    id: text('id').notNull(),
    name: text('name').notNull(),
    content: text('content').notNull(),
    createdAt: whole('created_at').notNull(),
    updatedAt: whole('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] }), index('drafts_updated_at').on(t.account, t.updatedAt)],
)
