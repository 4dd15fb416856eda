import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import { TenderError } from './errors.ts'
import { jobTermsHash, type MarketDomain } from './hashes.ts'
import { jobTermsOf } from './manifest/jobText.ts'
import type { Brief } from './manifest/manifest.ts'
import type { TenderBlock } from './manifest/tenderBlock.ts'
import type { JobTerms, Order } from './messages.ts'
import { type Asset, mostCost, toSmallestUnits } from './money.ts'
import { countryId, kinds, resourceId, spreads, tiers } from './tables.ts'

export type BuildOrderParameters = {
  tender: TenderBlock
  brief: Brief
  manifestHash: Hex
  tenant: Address
  /** The peer key that bids are sealed to. */
  agent: Address
  /** The assets that the market takes. */
  assets: readonly (Asset & { address: Address })[]
  /** The contract that says what a monitored lease served; absent while the market has no monitors. */
  verifier?: Address | undefined
  /** Where the market's jobs are resolved, and the domain of its messages; only for a job. Absent in a market without jobs. */
  jobs?: { contract: Address; domain: MarketDomain } | undefined
  /** Unix seconds. */
  now: number
  /** How long bids are taken. */
  auctionSeconds: number
  /** How long after the auction the order can still be matched. */
  matchSeconds: number
  /** One bit of the tenant's bitmap that is not used yet. */
  nonce: bigint
}

/** What a tenant is promised that did not ask: less than two minutes a day, room for a restart. */
export const DEFAULT_UPTIME_BPS = 9_900

/**
 * The order that a Compose file asks for, unsigned.
 *
 * @throws {TenderError} `unknownAsset`, `noVerifier`, `noJobs`
 * @example
 * const order = buildOrder({ tender, brief, manifestHash: manifestHash(manifest), tenant, agent, assets, now, auctionSeconds: 1,
 *   matchSeconds: 600, nonce })
 */
export function buildOrder(parameters: BuildOrderParameters): Order {
  const { tender, brief, tenant, agent, now } = parameters
  const asset = findAsset(tender.maxPrice.symbol, parameters.assets)
  const auctionEnd = now + parameters.auctionSeconds
  const job = jobTermsOf(brief)
  return {
    tenant,
    agent,
    asset: asset.address,
    resource: resourceId(brief.resource),
    tier: tiers[tender.tier],
    units: brief.units,
    replicas: tender.replicas,
    maxPrice: toSmallestUnits(tender.maxPrice, asset),
    duration: tender.durationSeconds,
    worstLevel: tender.worstLevel,
    spread: spreads[tender.spread],
    countries: tender.countries.map(countryId),
    manifest: parameters.manifestHash,
    ...(job ? jobParts(job, parameters) : serviceParts(parameters)),
    previous: zeroHash,
    handoverSeconds: 0,
    auctionEnd,
    expiry: auctionEnd + parameters.matchSeconds,
    nonce: parameters.nonce,
  }
}

type KindParts = Pick<Order, 'kind' | 'verifier' | 'jobTerms' | 'maxMinSeconds' | 'uptimeBps' | 'maxSilence'>

function serviceParts({ tender, verifier }: BuildOrderParameters): KindParts {
  return {
    kind: kinds.service,
    jobTerms: zeroHash,
    maxMinSeconds: tender.maxMinSeconds,
    maxSilence: tender.maxSilenceSeconds,
    ...monitoringOf(tender, verifier),
  }
}

/** A job is paid at once by the contract that resolves it: nothing of it goes by time. */
function jobParts(terms: JobTerms, { jobs }: BuildOrderParameters): KindParts {
  if (!jobs)
    throw new TenderError('this market has no jobs', {
      code: 'noJobs',
      class: 'user',
      hint: 'Leave job out of x-tender: the lease is then a service, paid by time.',
    })
  const jobTerms = jobTermsHash(jobs.domain, terms)
  return { kind: kinds.job, verifier: jobs.contract, jobTerms, maxMinSeconds: 0, uptimeBps: 0, maxSilence: 0 }
}

/** The most that an order of a job can cost: the machine time at the highest price, and the validators' fee of each lease. */
export function mostJobCost(order: Order, { verifyFee }: Pick<JobTerms, 'verifyFee'>): bigint {
  return mostCost(order) + verifyFee * BigInt(order.replicas)
}

function findAsset<Known extends Asset>(symbol: string, assets: readonly Known[]): Known {
  const asset = assets.find((known) => known.symbol === symbol)
  if (asset) return asset
  const known = assets.map((one) => one.symbol)
  throw new TenderError(`this market does not take ${symbol}`, {
    code: 'unknownAsset',
    class: 'user',
    hint: `Name max-price in one of: ${known.join(', ')}.`,
    data: { symbol, known },
  })
}

/** Whether and by whom the lease is monitored: what nobody asked for otherwise is, wherever there are monitors. */
function monitoringOf(
  { uptimeBps }: TenderBlock,
  verifier: Address | undefined,
): Pick<Order, 'uptimeBps' | 'verifier'> {
  if (uptimeBps === 0 || (uptimeBps === undefined && !verifier)) return { uptimeBps: 0, verifier: zeroAddress }
  if (verifier) return { uptimeBps: uptimeBps ?? DEFAULT_UPTIME_BPS, verifier }
  throw new TenderError('this market has no monitors, so nobody could measure the uptime', {
    code: 'noVerifier',
    class: 'user',
    hint: 'Leave uptime out of x-tender: the lease is then paid by time.',
  })
}
