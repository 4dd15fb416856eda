import type { TenantLease } from '@tender/cli'
import { askObservations, type SeenLease } from '@tender/network'
import { getChainTime } from '@tender/sdk'
import { expect } from 'vitest'
import type { EraMarket } from './eraMarket.ts'
import type { MarketMonitor } from './marketMonitor.ts'
import { LIMIT_MS, until } from './until.ts'

/** The chain's clock. */
export const timeOf = async ({ tenant }: EraMarket) => (await getChainTime(tenant.market)).timestamp

/**
 * A time of the chain, Unix seconds, that is later than whatever was done before by anybody's clock: those run on between blocks, and
 * on a busy machine the newest block is seconds old.
 */
export async function afterNow({ tenant }: EraMarket): Promise<number> {
  const { block } = await getChainTime(tenant.market)
  return until('the next block', async () => {
    const next = await getChainTime(tenant.market)
    return next.block > block ? next.timestamp + 1 : undefined
  })
}

/** What a monitor saw of a lease in an era, and every probe behind it. */
export async function seenBy(
  { tenant }: EraMarket,
  monitor: MarketMonitor,
  { leaseId }: TenantLease,
  era: bigint,
): Promise<SeenLease> {
  const contact = monitor.contact()
  if (!contact) throw new Error(`${monitor.role.name} does not run`)
  const asked = { lease: leaseId, era }
  const { seen } = await askObservations(tenant.node, contact, asked, AbortSignal.timeout(LIMIT_MS))
  if (!seen) throw new Error(`${monitor.role.name} was not drawn`)
  return seen
}

/** The escrow has exactly what it owes to all. */
export async function expectConserved(market: EraMarket): Promise<void> {
  const { owes, tokens } = await market.ledger()
  expect(owes).toBe(tokens)
}
