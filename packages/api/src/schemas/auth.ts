import { signatureSchema } from '@tender/protocol'
import { z } from 'zod'
import { accountSchema, pageOf, textBody, timeSchema } from './common.ts'

/**
 * What a token may do. `read:me`: read what the account stores here. `write:me`: change it. `write:orders`: pass signed orders on with
 * the account's limits.
 */
export const scopeSchema = z.enum(['read:me', 'write:me', 'write:orders'])

/** What goes into the message that the wallet signs. */
export const nonceSchema = z
  .object({
    nonce: z
      .string()
      .regex(/^[A-Za-z0-9]{8,64}$/)
      .describe('Good for one sign-in'),
    domain: z.string().max(255).describe('Must stand in the message'),
    uri: z.string().max(2048).describe('Must stand in the message'),
    chainId: z.int().positive().describe('Must stand in the message'),
    issuedAt: timeSchema.describe("The gateway's clock"),
    expiresAt: timeSchema.describe('The nonce is good until then'),
  })
  .meta({ id: 'Nonce', description: 'What an EIP-4361 message to this gateway must hold' })

export const signInBody = z
  .strictObject({
    message: z.string().min(1).max(4096).describe('The EIP-4361 message, as it was signed'),
    signature: signatureSchema.describe("The account's signature of it: of its key, or what its EIP-1271 wallet takes"),
  })
  .meta({ id: 'SignIn', description: 'A signed EIP-4361 message' })

/** Who is asking. */
export const sessionSchema = z
  .object({
    address: accountSchema,
    scopes: z.array(scopeSchema).max(8).describe('What it may do'),
    expiresAt: timeSchema,
    by: z.enum(['session', 'token']).describe('Signed in with a cookie, or with a token'),
  })
  .meta({ id: 'Session', description: 'Who is asking' })

const tokenFields = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,32}$/)
    .describe('Names the token; it is no secret'),
  name: z.string().max(64).describe('What its owner calls it'),
  scopes: z.array(scopeSchema).max(8),
  createdAt: timeSchema,
  expiresAt: timeSchema,
  lastUsedAt: timeSchema.nullable().describe('To the hour; null: never'),
}

export const tokenSchema = z
  .object(tokenFields)
  .meta({ id: 'Token', description: 'A scoped API token, without its secret' })
export const tokensSchema = z
  .object({ items: z.array(tokenSchema).max(50) })
  .meta({ id: 'Tokens', description: 'Tokens of the account, the newest first' })

export const newTokenBody = z
  .strictObject({
    name: textBody(64).trim().min(1).describe('What it is for'),
    scopes: z.array(scopeSchema).min(1).max(8).describe('What it may do'),
    expiresInSeconds: z
      .int()
      .min(60)
      .max(366 * 86_400)
      .default(30 * 86_400)
      .describe('How long it lives, at most 366 days'),
  })
  .meta({ id: 'NewToken', description: 'A token to be made' })

export const createdTokenSchema = z
  .object({
    ...tokenFields,
    token: z.string().max(128).describe('The secret. It is shown this once: the gateway keeps its hash'),
  })
  .meta({ id: 'CreatedToken', description: 'A new token with its secret' })

export const tokenIdParam = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,32}$/, 'must be the id of a token')
  .describe('Id of the token')

/** Largest Compose file that a draft keeps, characters. */
export const MAX_DRAFT_TEXT = 128 * 1024
/** Most drafts of one account. */
export const MAX_DRAFTS = 100

/** A Compose file that an account keeps at this gateway. */
export const draftSchema = z
  .object({
    id: z.string().regex(/^[A-Za-z0-9_-]{8,32}$/),
    name: z.string().max(64),
    compose: z.string().max(MAX_DRAFT_TEXT).describe('The Compose file'),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Draft', description: 'A Compose file that an account keeps at this gateway' })

export const draftsSchema = pageOf(draftSchema).meta({
  id: 'DraftPage',
  description: 'Drafts, the latest changed first',
})

export const draftBody = z
  .strictObject({
    name: textBody(64).trim().min(1).describe('What it is called'),
    compose: textBody(MAX_DRAFT_TEXT).describe('The Compose file; put no secrets into it'),
  })
  .meta({ id: 'NewDraft', description: 'A draft to be kept' })

export const draftIdParam = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,32}$/, 'must be the id of a draft')
  .describe('Id of the draft')

/** Nothing more to say. */
export const doneSchema = z.object({ done: z.literal(true) }).meta({ id: 'Done', description: 'It is done' })

export type Scope = z.output<typeof scopeSchema>
export type Nonce = z.output<typeof nonceSchema>
export type Session = z.output<typeof sessionSchema>
export type Token = z.output<typeof tokenSchema>
export type CreatedToken = z.output<typeof createdTokenSchema>
export type Draft = z.output<typeof draftSchema>
