import { addressSchema } from '@tender/protocol'
import { z } from 'zod'

/** Smallest units of the asset, as a decimal string in JSON. */
const amount = z.union(
  [
    z.bigint(),
    z
      .string()
      .regex(/^\d{1,29}$/)
      .transform(BigInt),
  ],
  'must be smallest units per hour, as a decimal string',
)
const seconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const pricingSchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('fixed'), price: amount }),
  z
    .strictObject({ strategy: z.literal('utilisation'), idle: amount, full: amount })
    .refine(({ idle, full }) => idle <= full, { message: 'is below idle', path: ['full'] }),
  z
    .strictObject({
      strategy: z.literal('market'),
      /** Of the median; 9500 undercuts it by 5 %. */
      factorBps: z.int().min(1).max(100_000).default(10_000),
      min: amount,
      max: amount,
      lastHours: z.int().min(1).max(720).default(24),
      lastMatches: z.int().min(1).max(1_000).default(50),
      /** What is asked while nobody else sold anything. */
      otherwise: z.enum(['min', 'max']).default('max'),
    })
    .refine(({ min, max }) => min <= max, { message: 'is below min', path: ['max'] }),
  z.strictObject({
    strategy: z.literal('script'),
    /** A program and its arguments. The program's path is absolute: no shell looks for it. */
    command: z
      .tuple([z.string().startsWith('/', 'must be an absolute path').max(4096)], z.string().max(4096))
      .refine(({ length }) => length <= 32, 'has more than 32 words'),
    /** Announced between orders; nobody is bound by it. */
    indicative: amount,
  }),
])

/** One tier of a resource class as it is sold. Prices in smallest units per unit and hour, durations in seconds. */
const saleSchema = z
  .strictObject({
    /** What it is paid in: one of the market's assets, the market's first if not said. */
    asset: addressSchema.optional(),
    pricing: pricingSchema,
    tier: z.enum(['interruptible', 'standard', 'premium']).default('standard'),
    minSeconds: seconds.default(0),
    /** 30 days: long enough for a service, short enough to change one's mind. */
    maxDuration: seconds.default(30 * 86_400),
    noticeSeconds: seconds.default(0),
    /**
     * A lease of this tier is ended, with its notice, for an order that pays at least so much of what it pays, in basis points.
     * Absent: never.
     */
    interruptAboveBps: z.int().min(10_000).max(1_000_000).optional(),
  })
  .refine(({ tier, interruptAboveBps }) => tier === 'interruptible' || interruptAboveBps === undefined, {
    message: 'is for the interruptible tier only',
    path: ['interruptAboveBps'],
  })

const tiersSchema = z
  .array(saleSchema)
  .min(1)
  .refine((sales) => new Set(sales.map(({ tier }) => tier)).size === sales.length, 'sells a tier twice')

/** How a resource class is sold: in one tier, or in several at once. */
export const salesSchema = z.record(
  z.string().max(32),
  // Not a union: what is wrong is told by its own name, not as "neither the one nor the other".
  // CAST: one tier and a list of them are both read
  z.preprocess((sold) => (Array.isArray(sold) ? sold : [sold]), tiersSchema) as z.ZodType<
    z.output<typeof tiersSchema>,
    z.input<typeof saleSchema> | z.input<typeof tiersSchema>
  >,
)
