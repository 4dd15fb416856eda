import { z } from 'zod'
import { readPrice } from '../money.ts'
import { MAX_COUNTRIES, MAX_REPLICAS, type Spread, WORST_LEVEL } from '../tables.ts'
import { parseDuration, parsePercent } from '../units.ts'
import { jobBlock } from './jobBlock.ts'
import { readText } from './readText.ts'

const spreadWords = {
  none: 'none',
  'distinct-providers': 'distinctProviders',
  'distinct-countries': 'distinctCountries',
} as const satisfies Record<string, Spread>

const duration = readText('a duration such as 2h', parseDuration)

function parseUptime(text: string): number {
  return text === 'unmonitored' ? 0 : parsePercent(text)
}

/** The keys of the `x-tender` block, as a tenant writes them. */
const writtenSchema = z.strictObject(
  {
    'max-price': readText('a price such as 0.02 USDC/h', readPrice),
    resource: z
      .string('must be a resource class such as cu')
      .regex(/^[a-z0-9][a-z0-9.-]{0,31}$/, 'must be a resource class such as cu')
      .default('cu'),
    duration: duration.refine((seconds) => seconds > 0, 'must be a second or more').default(3600),
    replicas: z.int('must be a whole number').min(1).max(MAX_REPLICAS).default(1),
    tier: z.enum(['interruptible', 'standard', 'premium']).default('standard'),
    uptime: readText('a percentage such as 99.5%, or unmonitored', parseUptime).optional(),
    'worst-level': z.int('must be a trust level from 1 to 5').min(1).max(WORST_LEVEL).default(WORST_LEVEL),
    countries: z
      .array(z.string().regex(/^[A-Z]{2}$/, 'must be a two-letter country code such as DE'), 'must be a list')
      .max(MAX_COUNTRIES)
      .default([]),
    // CAST: an object's keys are the enum's values
    spread: z.enum(Object.keys(spreadWords) as (keyof typeof spreadWords)[]).default('none'),
    'max-min-charge': duration.default(0),
    'max-silence': duration.default(86_400),
    network: z.enum(['none', 'internet'], { error: 'must be internet or none' }).default('none'),
    job: jobBlock.optional(),
  },
  'must be a map such as { max-price: 0.02 USDC/h }',
)

/** The keys that an `x-tender` block may have. */
export const tenderKeys = Object.keys(writtenSchema.shape)

/** What a tenant asks of the market: the `x-tender` block. */
export const tenderBlockSchema = writtenSchema.transform((written) => ({
  /** Per resource unit and hour, in an asset that the market has yet to recognise. */
  maxPrice: written['max-price'],
  /** Resource class's short name. */
  resource: written.resource,
  durationSeconds: written.duration,
  replicas: written.replicas,
  tier: written.tier,
  /** 0 for unmonitored; absent for what the market does by default. */
  ...(written.uptime !== undefined && { uptimeBps: written.uptime }),
  /** Worst trust level taken. */
  worstLevel: written['worst-level'],
  /** Two-letter codes; empty for any. */
  countries: [...new Set(written.countries)].sort(),
  spread: spreadWords[written.spread],
  /** Longest minimum charge taken. */
  maxMinSeconds: written['max-min-charge'],
  /** How far back one settlement by time may reach; 0 for no limit. */
  maxSilenceSeconds: written['max-silence'],
  /** What the workload may reach beside its own services; absent for nothing. */
  ...(written.network === 'internet' && { network: written.network }),
  /** What the lease delivers; absent for a service. */
  ...(written.job && { job: written.job }),
}))

export type TenderBlock = z.output<typeof tenderBlockSchema>
