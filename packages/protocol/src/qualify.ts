import { type Address, type Hex, isAddressEqual, zeroAddress, zeroHash } from 'viem'
import { jobTermsHash, type MarketDomain } from './hashes.ts'
import { jobTermsOf } from './manifest/jobText.ts'
import type { Brief } from './manifest/manifest.ts'
import type { JobTerms, Offer, Order, RuleBreak } from './messages.ts'
import { countryCode, kinds, MAX_BID_LIFE_SECONDS, nameOf, providerStatuses, resourceName, tiers } from './tables.ts'

/** What the registry says of an offer's provider. */
export type ProviderView = {
  offerEpoch: number
  /** See `providerStatuses`. */
  status: number
  /** Trust level, 1 (best) to 5. */
  level: number
  /** See `countryId`. */
  country: Hex
  /** False after a slash left its pool below what it locked. */
  collateralised: boolean
}

export type QualifyParameters = {
  order: Order
  /** The order's digest. */
  orderHash: Hex
  offer: Offer
  provider: ProviderView
  /** Unix seconds. */
  now: number
}

/**
 * Lists every rule that an offer breaks for an order; empty if it qualifies. Rules are named as the OrderBook's errors are.
 * `asked` is the order's side, `possible` the offer's or its provider's. Signature and capacity are left to the chain.
 *
 * @example
 * qualify({ order, orderHash, offer, provider, now })
 * // [{ rule: 'priceTooHigh', message: "the price is above the order's highest", asked: '20000', possible: '30000' }]
 */
export function qualify(parameters: QualifyParameters): RuleBreak[] {
  return brokenOf([...offerRules(parameters), ...providerRules(parameters)])
}

export type QualifyJobParameters = {
  order: Order
  /** Of the order's envelope. */
  brief: Pick<Brief, 'job'>
  domain: MarketDomain
  /** The market's contract for jobs; absent in a market without. */
  jobs: Address | undefined
}

/**
 * Lists what keeps an order from being a job, or a service, that a provider can take, beside {@link qualify}; empty if nothing does.
 * `asked` is what the order says, `possible` what it would have to say.
 *
 * @example
 * qualifyJob({ order, brief, domain, jobs })
 * // [{ rule: 'jobTermsDiffer', message: "the brief's terms are not those that the order commits to", asked: …, possible: … }]
 */
export function qualifyJob({ order, brief, domain, jobs }: QualifyJobParameters): RuleBreak[] {
  const terms = jobTermsOf(brief)
  const hash = terms ? jobTermsHash(domain, terms) : zeroHash
  const kind = terms ? kinds.job : kinds.service
  const rules: Rule[] = [
    {
      rule: 'kindDiffers',
      broken: order.kind !== kind,
      message: "the brief is of another kind of lease than the order's",
      asked: nameOf(kinds, order.kind) ?? order.kind,
      possible: nameOf(kinds, kind) ?? kind,
    },
    {
      rule: 'jobTermsDiffer',
      broken: order.jobTerms !== hash,
      message: "the brief's terms are not those that the order commits to",
      asked: order.jobTerms,
      possible: hash,
    },
  ]
  return brokenOf(terms ? [...rules, ...jobRules(order, terms, jobs)] : rules)
}

function jobRules(order: Order, terms: JobTerms, jobs: Address | undefined): Rule[] {
  return [
    {
      rule: 'verifierNotJobs',
      broken: jobs === undefined || !isAddressEqual(order.verifier, jobs),
      message: "the order's verifier is not the market's contract for jobs",
      asked: order.verifier,
      possible: jobs ?? zeroAddress,
    },
    {
      rule: 'deadlineTooShort',
      broken: terms.deadlineSeconds < order.duration,
      message: 'the deadline is before the end of the machine time that is paid for, in seconds',
      asked: terms.deadlineSeconds,
      possible: order.duration,
    },
    {
      rule: 'tooFewTasks',
      broken: terms.tasks < order.replicas,
      message: 'there are fewer tasks than leases',
      asked: terms.tasks,
      possible: order.replicas,
    },
  ]
}

function brokenOf(rules: readonly Rule[]): RuleBreak[] {
  return rules
    .filter(({ broken }) => broken)
    .map(({ rule, message, asked, possible }) => ({ rule, message, asked: String(asked), possible: String(possible) }))
}

type Value = string | number | bigint
type Rule = { rule: string; broken: boolean; message: string; asked: Value; possible: Value }

function offerRules({ order, orderHash, offer, now }: QualifyParameters): Rule[] {
  return [
    {
      rule: 'orderExpired',
      broken: now > order.expiry,
      message: 'the order has expired',
      asked: order.expiry,
      possible: now,
    },
    {
      rule: 'offerForOtherOrder',
      broken: offer.order !== orderHash && offer.order !== zeroHash,
      message: 'the offer is bound to another order',
      asked: orderHash,
      possible: offer.order,
    },
    {
      rule: 'offerLivesTooLong',
      broken: offer.order !== zeroHash && offer.expiry > order.auctionEnd + MAX_BID_LIFE_SECONDS,
      message: "the bid outlives the auction's end by more than a day",
      asked: order.auctionEnd + MAX_BID_LIFE_SECONDS,
      possible: offer.expiry,
    },
    {
      rule: 'offerExpired',
      broken: now > offer.expiry,
      message: 'the offer has expired',
      asked: now,
      possible: offer.expiry,
    },
    {
      rule: 'resourceMismatch',
      broken: offer.resource !== order.resource,
      message: 'the resource class differs',
      asked: resourceName(order.resource),
      possible: resourceName(offer.resource),
    },
    {
      rule: 'assetMismatch',
      broken: !isAddressEqual(offer.asset, order.asset),
      message: 'the asset differs',
      asked: order.asset,
      possible: offer.asset,
    },
    {
      rule: 'tierTooLow',
      broken: offer.tier < order.tier,
      message: "the tier is below the order's",
      asked: nameOf(tiers, order.tier) ?? order.tier,
      possible: nameOf(tiers, offer.tier) ?? offer.tier,
    },
    {
      rule: 'unitsExceeded',
      broken: order.units > offer.units,
      message: 'one replica needs more units than the offer has',
      asked: order.units,
      possible: offer.units,
    },
    {
      rule: 'priceTooHigh',
      broken: offer.price > order.maxPrice,
      message: "the price is above the order's highest",
      asked: order.maxPrice,
      possible: offer.price,
    },
    {
      rule: 'minSecondsTooLong',
      broken: offer.minSeconds > order.maxMinSeconds,
      message: 'the minimum charge is longer than the order takes, in seconds',
      asked: order.maxMinSeconds,
      possible: offer.minSeconds,
    },
    {
      rule: 'durationTooLong',
      broken: order.duration > offer.maxDuration,
      message: 'the order lasts longer than the offer allows, in seconds',
      asked: order.duration,
      possible: offer.maxDuration,
    },
  ]
}

function providerRules({ order, offer, provider }: QualifyParameters): Rule[] {
  return [
    {
      rule: 'providerNotActive',
      broken: provider.status !== providerStatuses.active,
      message: 'the provider is not active',
      asked: 'active',
      possible: nameOf(providerStatuses, provider.status) ?? provider.status,
    },
    {
      rule: 'providerUndercollateralised',
      broken: !provider.collateralised,
      message: "the provider's stake no longer covers what it locked",
      asked: 'collateralised',
      possible: 'undercollateralised',
    },
    {
      rule: 'offerEpochOver',
      broken: offer.offerEpoch !== provider.offerEpoch,
      message: 'the provider cancelled its offers or changed its operator key since it signed',
      asked: provider.offerEpoch,
      possible: offer.offerEpoch,
    },
    {
      rule: 'levelTooLow',
      broken: provider.level > order.worstLevel,
      message: "the provider's trust level is worse than the order takes",
      asked: order.worstLevel,
      possible: provider.level,
    },
    {
      rule: 'countryNotAccepted',
      broken: order.countries.length > 0 && !order.countries.includes(provider.country),
      message: "the provider's country is not among the order's",
      asked: order.countries.map(countryCode).join(', '),
      possible: countryCode(provider.country),
    },
  ]
}
