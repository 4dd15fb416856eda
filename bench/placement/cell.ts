import { setTimeout as sleep } from 'node:timers/promises'
import { fetchWorkload } from '@tender/cli'
import { closeLease } from '@tender/sdk'
import { type StepsMs, type Tenant, type TenantLease, up } from '@tender/tenant'
import type { Crowd } from '../market/startCrowd.ts'
import { type Ordering, startPeer, tenantAt } from '../market/tenants.ts'

/** How one order went: all its stages until the first 200, or why it did not. */
export type Placed = { stepsMs: StepsMs } | { failure: string }

export type Cell = { orders: number; auctionSeconds: number }

/** Every peer verifies every order: a hundred of them on one machine would do nothing else. */
export const MOST_PEERS = 10
/** For a cell's orders to answer, all of them; those that do not by then failed. */
const CELL_TIMEOUT_MS = 300_000
/** Until the leases of a cell leave nothing that runs. */
const CLEAR_TIMEOUT_MS = 180_000
const ASK_EVERY_MS = 500

/** Brings up so many orders at once, each by a tenant of its own and by ten peers at most, and closes their leases when all is over. */
export async function placeAtOnce(ordering: Ordering, { orders, auctionSeconds }: Cell): Promise<Placed[]> {
  const accounts = ordering.stage.tenantAccounts.slice(0, orders)
  const peers = await Promise.all(accounts.slice(0, MOST_PEERS).map((account) => startPeer(ordering, account)))
  const tenants = await Promise.all(
    peers.flatMap(({ node }, index) =>
      accounts.filter((_, order) => order % peers.length === index).map((account) => tenantAt(ordering, account, node)),
    ),
  )
  const signal = AbortSignal.any([ordering.signal, AbortSignal.timeout(CELL_TIMEOUT_MS)])
  const leases: [Tenant, TenantLease][] = []
  const placeOne = async (tenant: Tenant): Promise<Placed> => {
    try {
      const { stepsMs, httpStatus } = await up(tenant, ordering.plan, {
        auctionSeconds,
        visit: async (url, within) => (await fetchWorkload(url, within)).status,
        onEvent: (event) => event.type === 'matched' && leases.push(...event.leases.map(pairedWith(tenant))),
        signal,
      })
      return httpStatus === 200 ? { stepsMs } : { failure: `answered with ${httpStatus}` }
    } catch (error) {
      ordering.signal.throwIfAborted()
      return { failure: signal.aborted ? 'too late' : firstLine(error) }
    }
  }
  try {
    return await Promise.all(tenants.map(placeOne))
  } finally {
    await Promise.allSettled(leases.map(([{ market }, { terms }]) => closeLease(market, { lease: terms })))
    await Promise.all(peers.map(({ stop }) => stop()))
  }
}

const pairedWith =
  (tenant: Tenant) =>
  (lease: TenantLease): [Tenant, TenantLease] => [tenant, lease]

function firstLine(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return words.split('\n')[0] ?? words
}

/** Resolves once no provider has a lease to keep. @throws if that takes too long */
export async function untilClear(crowd: Crowd, signal: AbortSignal): Promise<void> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(CLEAR_TIMEOUT_MS)])
  while ((await crowd.read()).leases > 0) await sleep(ASK_EVERY_MS, undefined, { signal: within })
}
