import {
  creditOf,
  idleWeightOf,
  type LeaseEnding,
  type LeaseOutcome,
  levelOf,
  newProvider,
  nextProvider,
  type ProviderPast,
  priceInStake,
  providerRewards,
  type RewardRules,
  toStake,
} from '@tender/protocol'

// A market in which one owner rents from itself, driven by the functions that monitors use. Nothing is measured here: who serves how
// well is given, and what follows for score, rewards, fees and credits is computed.

/** Rules of the simulated market. */
export type Market = RewardRules & {
  eraSeconds: number
  feeBps: number
  creditBps: number
  /** Stake tokens' smallest units for 10^18 of the asset's. */
  assetRate: bigint
  /** Stake tokens' smallest units. */
  stakePerUnit: bigint
  /** What tenants usually pay, smallest units of the asset per unit and hour. */
  price: bigint
  /** Units that others lease from each other, at that price, and hold idle: they share the budget and set what idle is worth. */
  others: { leased: number; idle: number; score: number }
  /** What is earned lies idle for so long if nobody settles it, and money is worth so much a year. */
  finalGraceSeconds: number
  interestBps: number
}

export type SimulatedLease = {
  units: number
  /** Smallest units of the asset per unit and hour. */
  price: bigint
  upBps: number
  promisedBps: number
  stars: number | undefined
  ending: LeaseEnding
  /** Tenant and provider have one owner. */
  own: boolean
  /** Whether its provider, or anybody, settles it: only then it pays a fee; else the price is held until the final grace is over. */
  settled: boolean
}

/** One of the owner's providers in one era. */
export type Seller = { committed: number; leases: readonly SimulatedLease[] }

/** What the owner does in an era, by provider. */
export type Plan = (era: number) => readonly Seller[]

/** Sums over all eras in stake tokens' smallest units. */
export type Outcome = {
  /** Fees that its own leases with itself paid. */
  ownFees: bigint
  /** Interest on what its own leases that nobody settled hold. */
  interest: bigint
  /** Fees that other people's leases with it paid. */
  otherFees: bigint
  rewards: bigint
  /** Credits that it owes other people. */
  credits: bigint
  /** Scores and levels of its providers after the last era. */
  scores: number[]
  levels: number[]
  /** Most that any era paid it above `mostOfFeesBps` of that era's fees: never above 0. */
  worstExcess: bigint
}

/** Runs `plan` for so many eras. */
export function simulate(market: Market, plan: Plan, eras: number): Outcome {
  let pasts: ProviderPast[] = []
  const outcome: Outcome = {
    ownFees: 0n,
    interest: 0n,
    otherFees: 0n,
    rewards: 0n,
    credits: 0n,
    scores: [],
    levels: [],
    worstExcess: 0n,
  }
  for (let era = 0; era < eras; era++) {
    const sellers = plan(era)
    pasts = sellers.map((seller, index) => nextOf(market, seller, pasts[index] ?? newProvider))
    const earned = sum(rewardsOf(market, sellers, pasts))
    const own = sum(sellers.map((seller) => feesOf(market, seller, true)))
    const other = sum(sellers.map((seller) => feesOf(market, seller, false)))
    const excess = earned - ((own + other) * BigInt(market.mostOfFeesBps)) / 10_000n
    outcome.rewards += earned
    outcome.ownFees += own
    outcome.interest += sum(sellers.map((seller) => interestOf(market, seller)))
    outcome.otherFees += other
    outcome.credits += sum(sellers.flatMap(({ leases }) => leases.map((lease) => creditFor(market, lease))))
    if (era === 0 || excess > outcome.worstExcess) outcome.worstExcess = excess
  }
  outcome.scores = pasts.map(({ score }) => score)
  outcome.levels = outcome.scores.map(levelOf)
  return outcome
}

/** The same plan without the leases that the owner has with itself: what it would earn anyway. */
export function honestly(plan: Plan): Plan {
  return (era) => plan(era).map((seller) => ({ ...seller, leases: seller.leases.filter(({ own }) => !own) }))
}

function nextOf(market: Market, seller: Seller, past: ProviderPast): ProviderPast {
  const leases = seller.leases.map((lease) => outcomeOf(market, lease))
  const fees = feesOf(market, seller, true) + feesOf(market, seller, false)
  const stake = market.stakePerUnit * BigInt(seller.committed)
  const idle = idleUnits(seller)
  const era = { leases, asked: idle, proven: idle, auditBps: undefined }
  return nextProvider(past, era, { fees, stake, seconds: market.eraSeconds })
}

function outcomeOf(market: Market, lease: SimulatedLease): LeaseOutcome {
  return {
    rate: lease.price * BigInt(lease.units),
    assetRate: market.assetRate,
    dueSeconds: market.eraSeconds,
    lifeSeconds: market.eraSeconds,
    upBps: lease.upBps,
    promisedBps: lease.promisedBps,
    latencyMs: 40,
    spreadMs: 10,
    ending: lease.ending,
    paid: earnedBy(market, lease),
    stars: lease.stars,
  }
}

function rewardsOf(market: Market, sellers: readonly Seller[], pasts: readonly ProviderPast[]): bigint[] {
  const others = { committed: market.others.leased + market.others.idle, leases: [usualLease(market)] }
  const all = [others, ...sellers]
  const fees = all.map((seller) => feesOf(market, seller, true) + feesOf(market, seller, false))
  const scores = [market.others.score, ...pasts.map(({ score }) => score)]
  const marketUnitSeconds = sum(all.map((seller) => unitSeconds(market, leasedUnits(seller))))
  const entries = all.map((seller, index) => ({
    provider: BigInt(index),
    fees: fees[index] ?? 0n,
    score: scores[index] ?? 0,
    idleWeight: idleWeightOf({
      unitSeconds: unitSeconds(market, idleUnits(seller)),
      marketFees: sum(fees),
      marketUnitSeconds,
    }),
  }))
  return providerRewards(entries, market).slice(1)
}

/** A lease at the usual price of a provider that keeps its promise. */
export function usualLease(market: Market): SimulatedLease {
  return {
    units: market.others.leased,
    price: market.price,
    upBps: 9_990,
    promisedBps: 9_900,
    stars: undefined,
    ending: 'running',
    own: false,
    settled: true,
  }
}

/** Gross, smallest units of the asset; what was not served is not earned. */
function earnedBy({ eraSeconds }: Market, { price, units, upBps }: SimulatedLease): bigint {
  return (price * BigInt(units) * BigInt(eraSeconds) * BigInt(upBps)) / 36_000_000n
}

function feesOf(market: Market, seller: Seller, own: boolean): bigint {
  const paying = seller.leases.filter((lease) => lease.own === own && lease.settled)
  const paid = paying.map((lease) => earnedBy(market, lease))
  return sum(paid.map((amount) => toStake((amount * BigInt(market.feeBps)) / 10_000n, market.assetRate)))
}

/** What a provider owes itself is no loss. */
function creditFor(market: Market, { own, price, units, upBps, promisedBps }: SimulatedLease): bigint {
  const { creditBps, assetRate, eraSeconds: dueSeconds } = market
  return own ? 0n : creditOf({ rate: price * BigInt(units), dueSeconds, upBps, promisedBps, creditBps, assetRate })
}

function interestOf({ eraSeconds, assetRate, finalGraceSeconds, interestBps }: Market, { leases }: Seller): bigint {
  const held = leases
    .filter(({ own, settled }) => own && !settled)
    .map(({ price, units }) => priceInStake({ rate: price * BigInt(units), seconds: eraSeconds, assetRate }))
  return (sum(held) * BigInt(interestBps) * BigInt(finalGraceSeconds)) / (10_000n * 31_536_000n)
}

function unitSeconds(market: Market, units: number): bigint {
  return BigInt(units) * BigInt(market.eraSeconds)
}

function leasedUnits({ leases }: Seller): number {
  return leases.reduce((all, { units }) => all + units, 0)
}

function idleUnits(seller: Seller): number {
  return Math.max(0, seller.committed - leasedUnits(seller))
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, amount) => all + amount, 0n)
}
