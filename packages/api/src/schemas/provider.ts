import { z } from 'zod'
import {
  accountSchema,
  amountSchema,
  blockSchema,
  bpsSchema,
  classNameSchema,
  classParam,
  countrySchema,
  countSchema,
  eraNumberSchema,
  hashSchema,
  idSchema,
  levelSchema,
  pageOf,
  pageQuery,
  placed,
  tierSchema,
  timeParam,
  timeSchema,
} from './common.ts'

export const providerStateSchema = z
  .enum(['active', 'draining', 'paused', 'banned'])
  .describe(
    'active: takes leases. draining: keeps its leases, takes no new one. paused: sells nothing. banned: by governance',
  )

/** The five inputs of a provider's score, from an era's data. */
export const scoreInputsSchema = z
  .object({
    uptimeBps: bpsSchema.describe('How much of the time its leases were up'),
    performanceBps: bpsSchema.describe('How far it kept what it promised'),
    completedBps: bpsSchema.describe('Of what ended, how much ended well'),
    ratingBps: bpsSchema.describe("Tenants' stars"),
    consistencyBps: bpsSchema.describe('How alike its eras are'),
  })
  .meta({
    id: 'ScoreInputs',
    description: "The five inputs of a provider's score, from the data that a signed report's root was made of",
  })

export const capacitySchema = z
  .object({
    class: classNameSchema,
    committed: countSchema.describe('Units that it stands for with its stake'),
    leased: countSchema.describe('Units of those that leases hold'),
    stakePerUnit: amountSchema.describe("What a unit locks, stake token's smallest units"),
    until: timeSchema.describe('No lease lasts longer'),
    ...placed,
  })
  .meta({ id: 'Capacity', description: "A provider's units of one resource class" })

/** What a provider asks, as it signed it. */
export const providerPriceSchema = z
  .object({
    class: classNameSchema,
    asset: accountSchema,
    price: amountSchema.describe('Smallest units per unit per hour'),
    tier: tierSchema.nullable().describe('Best tier offered; null for a match'),
    source: z
      .enum(['availability', 'match'])
      .describe('availability: what it says itself, bound to nothing. match: the price of its latest lease'),
    freeUnits: countSchema.nullable().describe('Units free at that price, as it says; null for a match'),
    at: timeSchema.describe('When it said so, or when it was matched'),
    lease: hashSchema.nullable().describe('match: the lease'),
    tx: hashSchema.nullable().describe('match: transaction that opened it'),
    block: blockSchema.nullable().describe('match: block of that transaction'),
  })
  .meta({ id: 'ProviderPrice', description: 'What a provider asks or was last paid for a unit' })

/** Something that went wrong. */
export const incidentSchema = z
  .object({
    kind: z
      .enum(['abandoned', 'endedByMonitors', 'penalised', 'slashed', 'credited', 'undercollateralised', 'banned'])
      .describe(
        'abandoned: it left a lease. endedByMonitors: it vanished from a lease. penalised, slashed: stake was taken. ' +
          'credited: a tenant was compensated from its stake. undercollateralised: too little stake for its leases. banned: by governance',
      ),
    at: timeSchema,
    lease: hashSchema.nullable().describe('The lease that it concerns'),
    amount: amountSchema.nullable().describe("What was taken, stake token's smallest units"),
    reason: z.string().max(256).nullable().describe("The end's reason in words"),
    logIndex: countSchema.describe('Place in its block'),
    ...placed,
  })
  .meta({ id: 'Incident', description: 'Something that went wrong at a provider' })

const providerFields = {
  id: idSchema.describe('Its token in the registry'),
  owner: accountSchema,
  operator: accountSchema.nullable().describe('Key that its agent signs with; null after a change of hands'),
  payout: accountSchema.describe('Who is paid'),
  country: countrySchema,
  state: providerStateSchema,
  collateralised: z.boolean().describe('False after a slash left less than its leases need: it takes no new one'),
  metadata: hashSchema.describe('Hash of its public description'),
  registeredAt: timeSchema,
  level: levelSchema.describe(
    'Trust level now: as last proven, never better than the ceiling, 5 once it is out of date',
  ),
  levelValidUntil: timeSchema.nullable().describe('Until when the proven level lasts; null: never proven'),
  ceiling: levelSchema.describe('The best level that governance grants'),
  score: bpsSchema.describe('As last proven on the chain'),
  inputs: scoreInputsSchema.nullable().describe('Of the last era whose data the gateway has; null: none yet'),
  inputsEra: eraNumberSchema.nullable().describe('That era'),
  stake: z
    .object({
      pool: idSchema.describe('Number of its pool'),
      bonded: amountSchema.describe("In its pool, stake token's smallest units"),
      locked: amountSchema.describe("Behind its committed units, stake token's smallest units"),
      commissionBps: bpsSchema.describe('What it keeps of rewards before shares'),
    })
    .meta({ id: 'ProviderStake', description: "A provider's stake" }),
  capacity: z.array(capacitySchema).max(1024),
  leases: z
    .object({ running: countSchema.describe('Not past their stop'), total: countSchema.describe('Ever opened') })
    .meta({ id: 'LeaseCount', description: 'How many leases' }),
  prices: z.array(providerPriceSchema).max(1024).describe('Newest of each class, asset and source'),
  drivers: z
    .array(z.string().max(32))
    .max(16)
    .describe('What it runs, as it says itself; empty: nothing heard of it lately'),
  incidentCount: countSchema.describe('How many incidents there are'),
  ...placed,
}

export const providerSchema = z.object(providerFields).meta({ id: 'Provider', description: 'Who sells compute' })

export const providerDetailSchema = z
  .object({
    ...providerFields,
    incidents: z.array(incidentSchema).max(100).describe('The latest 100, the newest first'),
  })
  .meta({ id: 'ProviderDetail', description: 'A provider with its incidents' })

export const providersSchema = pageOf(providerSchema).meta({
  id: 'ProviderPage',
  description: 'Providers, by rising number',
})

export const providersQuery = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters such as DE')
    .optional()
    .describe('ISO 3166-1 alpha-2'),
  level: z.coerce.number<string | number>().int().min(1).max(5).optional().describe('This trust level or better'),
  class: classParam.optional().describe('With units committed to this class'),
  state: providerStateSchema.optional(),
  ...pageQuery,
})

/** What an era's report says of a provider. */
export const providerEraSchema = z
  .object({
    era: eraNumberSchema,
    coveredUntil: timeSchema.describe('What the report covers ends here'),
    score: bpsSchema.describe("In the era's report"),
    inputs: scoreInputsSchema.nullable().describe('Null: no lease of it was seen, failed or was rated so far'),
    level: levelSchema.describe('The level that this score proves'),
    rewards: amountSchema.describe("Cumulative, in the report: stake token's smallest units"),
    slashed: amountSchema.describe("Cumulative, in the report: stake token's smallest units"),
    eraRewards: amountSchema.describe("In this era alone: stake token's smallest units"),
    eraSlashed: amountSchema.describe("In this era alone: stake token's smallest units"),
    ...placed,
  })
  .meta({ id: 'ProviderEra', description: "What an era's report says of a provider; tx posted the report" })

export const providerErasSchema = pageOf(providerEraSchema).meta({
  id: 'ProviderEraPage',
  description: 'Eras, the newest first',
})

export const pageOnlyQuery = z.strictObject(pageQuery)

/** What a provider was paid in one hour or day. */
export const earningSchema = z
  .object({
    from: timeSchema.describe('When the interval begins'),
    asset: accountSchema,
    paid: amountSchema.describe("To the provider, net of fees: asset's smallest units"),
    fee: amountSchema.describe("To the reward wallet: asset's smallest units"),
    settlements: countSchema,
    leases: countSchema.describe('Leases that were settled'),
  })
  .meta({ id: 'Earning', description: 'What a provider was paid in one interval and asset' })

export const earningsSchema = z
  .object({
    interval: z.enum(['hour', 'day']),
    items: z.array(earningSchema).max(1000).describe('The oldest first; intervals without a settlement are left out'),
    totals: z
      .array(z.object({ asset: accountSchema, paid: amountSchema, fee: amountSchema }))
      .max(64)
      .describe('Ever settled, by asset'),
  })
  .meta({ id: 'Earnings', description: 'What a provider was paid over time' })

export const earningsQuery = z.strictObject({
  interval: z.enum(['hour', 'day']).default('day').describe('Length of an interval; days begin at midnight UTC'),
  from: timeParam
    .optional()
    .describe(
      'Earliest moment; unless told the last 7 days of hours, the last 180 days of days. At most 1000 intervals come back',
    ),
})

export type ProviderState = z.output<typeof providerStateSchema>
export type ScoreInputs = z.output<typeof scoreInputsSchema>
export type Capacity = z.output<typeof capacitySchema>
export type ProviderPrice = z.output<typeof providerPriceSchema>
export type Incident = z.output<typeof incidentSchema>
export type Provider = z.output<typeof providerSchema>
export type ProviderDetail = z.output<typeof providerDetailSchema>
export type ProviderEra = z.output<typeof providerEraSchema>
export type Earning = z.output<typeof earningSchema>
export type Earnings = z.output<typeof earningsSchema>
