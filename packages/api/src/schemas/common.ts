import { addressSchema, bytes32Schema } from '@tender/protocol'
import { z } from 'zod'

// Parts of every resource. A field's words stand in its `.describe`, once: the OpenAPI description, the GraphQL schema and the types
// of the page are made of these schemas. Where a description names no other source, the field comes from the chain.
//
// On the wire amounts and ids of 64 bits and more are decimal strings. Parsed, amounts are bigints; ids stay text, since nobody
// counts with them. Times are unix seconds by the chain's clock. What may be absent is `null`.

/** Thirty-two bytes as the gateway writes them: lower case. */
export const hashSchema = z
  .templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])
  .describe('32 bytes in lower-case hex')

/** Bytes of any length. */
export const hexSchema = z
  .templateLiteral(['0x', z.string().regex(/^([0-9a-f]{2})*$/)])
  .describe('Bytes in lower-case hex')

/** An account or a contract, in checksum case. */
export const accountSchema = z
  .templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{40}$/)])
  .describe('Address in checksum case')

/** A provider's or a monitor pool's number. */
export const idSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, 'must be a decimal number')
  .describe('Decimal number')

/** An amount of money, a price or a rate: a decimal string on the wire, a bigint once parsed. */
export const amountSchema = z
  .codec(z.string().regex(/^(0|[1-9]\d{0,77})$/, 'must be a decimal number'), z.bigint(), {
    decode: (text) => BigInt(text),
    encode: (value) => value.toString(),
  })
  .describe('Smallest units, decimal')

/** What was added (or, with a minus, taken). */
export const changeSchema = z
  .codec(z.string().regex(/^(0|-?[1-9]\d{0,77})$/, 'must be a decimal number'), z.bigint(), {
    decode: (text) => BigInt(text),
    encode: (value) => value.toString(),
  })
  .describe('Smallest units, decimal, negative if taken')

const uint = (most: number) => z.int().min(0).max(most)

/** Unix seconds. */
export const timeSchema = uint(2 ** 40 - 1).describe('Unix seconds')
/** A duration. */
export const secondsSchema = uint(Number.MAX_SAFE_INTEGER).describe('Seconds')
/** A share of the whole. */
export const bpsSchema = uint(10_000).describe('Basis points: hundredths of a per cent')
/** How many of something. */
export const countSchema = uint(Number.MAX_SAFE_INTEGER).describe('How many')
/** A block's number. */
export const blockSchema = uint(Number.MAX_SAFE_INTEGER).describe('Block number')
/** An era's number, from 1. */
export const eraNumberSchema = uint(Number.MAX_SAFE_INTEGER).describe('Number of the era, from 1')
/** A trust level. */
export const levelSchema = z.int().min(1).max(5).describe('Trust level, 1 (best) to 5 (probation)')
/** A resource class's short name. */
export const classNameSchema = z
  .string()
  .min(1)
  .max(66)
  .describe('Short name of a resource class, e.g. cu; a foreign id is shown in hex')
/** A country. */
export const countrySchema = z
  .string()
  .max(6)
  .describe('ISO 3166-1 alpha-2, as the provider says; a foreign id is shown in hex')
/** What a tier is called. */
export const tierSchema = z.enum(['interruptible', 'standard', 'premium']).describe('Tier, the worst first')
/** What a kind of lease is called. */
export const kindSchema = z.enum(['service', 'job']).describe('A service ends by time, a job by delivering a result')

/** Where on the chain something stands: what every number from the chain can be checked by. */
export const placed = {
  tx: hashSchema.describe('Transaction that did it'),
  block: blockSchema.describe('Block of that transaction'),
}

/** Most items of one page. */
export const MAX_PAGE = 100
/** Items of a page unless asked otherwise. */
export const DEFAULT_PAGE = 50
/** Longest cursor. */
export const MAX_CURSOR = 512

/** How a list is paged. */
export const pageQuery = {
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,512}$/, 'must be the `next` of an earlier page')
    .optional()
    .describe('`next` of the page before; absent for the first page'),
  limit: z.coerce
    .number<string | number>()
    .int()
    .min(1)
    .max(MAX_PAGE)
    .default(DEFAULT_PAGE)
    .describe('Most items of the page, 1 to 100'),
}

/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).max(MAX_PAGE).describe('In the order of the list, the newest first unless told otherwise'),
    next: z.string().max(MAX_CURSOR).nullable().describe('Cursor of the next page; null: this was the last one'),
  })

/** An address in any case, as people paste it. */
export const addressParam = addressSchema.describe('Address')
/** Thirty-two bytes in any case. */
export const hashParam = bytes32Schema.describe('32 bytes in hex')
/** A provider's number. */
export const idParam = z
  .string()
  .regex(/^(0|[1-9]\d{0,17})$/, 'must be the number of a provider')
  .describe('Number of the provider')

/** Text that a database takes. */
export const textBody = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\0]*$/, 'must not hold the character NUL')
/** An era's number. */
export const eraParam = z.coerce
  .number<string | number>()
  .int()
  .min(1)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('Number of the era, from 1')
/** A resource class's short name. */
export const classParam = z
  .string()
  .regex(/^([a-z0-9][a-z0-9.-]{0,31}|0x[0-9a-f]{64})$/, 'must be a resource class such as cu')
  .describe('Short name of a resource class, e.g. cu')
/** A moment. */
export const timeParam = z.coerce
  .number<string | number>()
  .int()
  .min(0)
  .max(2 ** 40 - 1)
  .describe('Unix seconds')
