import type { Market, Plan, Seller, SimulatedLease } from './market.ts'

/** A way to try to earn from leases with oneself. */
export type Strategy = {
  name: string
  plan: Plan
  /** Of all monitors' weight, how much is the owner's: so much of its own fees comes back to it. */
  monitorShareBps: number
}

/** The rules that the table is computed with; amounts in smallest units (asset 6 decimals, stake token 18). */
export const market: Market = {
  eraSeconds: 86_400,
  feeBps: 100,
  creditBps: 1_000,
  assetRate: 10n ** 30n,
  stakePerUnit: 100n * 10n ** 18n,
  price: 20_000n,
  providerBudget: 10_000n * 10n ** 18n,
  feeFactorBps: 10_000,
  idleFactorBps: 2_000,
  mostOfFeesBps: 3_000,
  others: { leased: 1_000, idle: 1_000, score: 8_500 },
  finalGraceSeconds: 30 * 86_400,
  interestBps: 500,
}

/** Everything that the table shows. `farmEras`: how long a score is farmed before it is used. */
export function strategies(farmEras: number): Strategy[] {
  const usual = market.price
  return [
    alone('wash at a tenth of the price', () => [seller(16, own(8, usual / 10n))]),
    alone('wash at the usual price', () => [seller(16, own(8, usual))]),
    alone('wash at a hundred times the price', () => [seller(16, own(8, usual * 100n))]),
    alone('wash one unit, hold a thousand idle', () => [seller(1_000, own(1, usual))]),
    alone('fifty identities of one unit', () => Array.from({ length: 50 }, () => seller(1, own(1, usual)))),
    alone('wash and never settle', () => [seller(16, { ...own(8, usual), settled: false })]),
    alone('farm a score, then a thousand idle units', (era) =>
      era < farmEras ? [seller(8, own(8, usual))] : [seller(1_000)],
    ),
    { ...alone('wash with a third of the monitors', () => [seller(16, own(8, usual))]), monitorShareBps: 3_333 },
    alone('serve badly, and 5 % wash', () => [seller(64, tenants(40, usual, 9_000, 2), own(2, usual))]),
    alone('serve badly, and as much wash', () => [seller(64, tenants(30, usual, 9_000, 2), own(30, usual))]),
    alone('serve badly, dilute with unsettled wash', () => [
      seller(64, tenants(30, usual, 9_000, 2), { ...own(30, usual * 100n), settled: false }),
    ]),
    alone('serve well, and 10 % wash', () => [seller(64, tenants(40, usual, 9_990, undefined), own(4, usual))]),
    alone('promise little, and 5 % wash', () => [seller(64, promised(8_000, 8_400), own(2, usual))]),
    alone('just below level 1, and 5 % wash', () => [seller(64, promised(8_000, 8_610), own(2, usual))]),
  ]
}

/** Somebody rents from a rival to rate it worst: what that costs it and what it does to the rival's score. */
export function bombedRival(share: { bombUnits: number }): Plan {
  return () => [
    seller(
      64,
      tenants(32, market.price, 9_990, undefined),
      ...(share.bombUnits > 0 ? [tenants(share.bombUnits, market.price, 9_990, 1)] : []),
    ),
  ]
}

function alone(name: string, plan: Plan): Strategy {
  return { name, plan, monitorShareBps: 0 }
}

function seller(committed: number, ...leases: readonly SimulatedLease[]): Seller {
  return { committed, leases }
}

/** A lease with oneself: served perfectly and rated best. */
export function own(units: number, price: bigint): SimulatedLease {
  return {
    units,
    price,
    upBps: 10_000,
    promisedBps: 9_900,
    stars: 5,
    ending: 'completed',
    own: true,
    settled: true,
  }
}

/** Forty units of other people's, of whom little was promised, and that was kept. */
function promised(promisedBps: number, upBps: number): SimulatedLease {
  return { ...tenants(40, market.price, upBps, undefined), promisedBps }
}

/** A lease of somebody else. */
export function tenants(units: number, price: bigint, upBps: number, stars: number | undefined): SimulatedLease {
  return { units, price, upBps, promisedBps: 9_900, stars, ending: 'running', own: false, settled: true }
}
