import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '@tender/api'
import { diskSources, fetchWorkload, type Plan, readPlan, startAgent } from '@tender/cli'
import { closeLease, extendLease, getLease } from '@tender/sdk'
import { type TenantLease, up } from '@tender/tenant'
import { generatePrivateKey } from 'viem/accounts'
import { runJob } from './runJob.ts'
import type { SoakedMarket } from './startMarket.ts'
import type { SoakTenant } from './tenants.ts'

/** What was done so far. */
export type Done = {
  leases: number
  visits: number
  /** Visits that were not answered with 200. */
  failedVisits: number
  extensions: number
  jobs: number
  reads: number
  /** What went wrong, in words. */
  failures: string[]
}

export type LoadOptions = {
  /** The last of them runs jobs. */
  tenants: readonly SoakTenant[]
  /** Compose file of what is rented. */
  file: string
  done: Done
  /** No new order from then on; what runs is closed. */
  finishing: AbortSignal
  /** Breaks everything off. */
  signal: AbortSignal
}

/** The tenant prolongs what it has once. */
const LEASE_MS = 20_000
const VISIT_EVERY_MS = 100
const EXTENSION_SECONDS = 120
const JOB_EVERY_MS = 60_000
const READ_EVERY_MS = 1_000
/** Ends earlier, once all providers have answered. */
const AUCTION_SECONDS = 30

/** Nothing done yet. */
export function nothingDone(): Done {
  return { leases: 0, visits: 0, failedVisits: 0, extensions: 0, jobs: 0, reads: 0, failures: [] }
}

/** Tenants that rent, visit, prolong and close, one that runs jobs, and a page's reader, until `finishing`. */
export async function runLoad(market: SoakedMarket, options: LoadOptions): Promise<void> {
  const plan = await readPlan(options.file)
  const renters = options.tenants.slice(0, -1)
  const [jobber] = options.tenants.slice(-1)
  await Promise.all([
    ...renters.map((tenant) => again(options, tenant.name, () => rentOnce(market, tenant, plan, options))),
    jobber &&
      again(options, jobber.name, async () => {
        const startedMs = performance.now()
        await runJob(market, jobber, options.done.jobs, options.signal)
        options.done.jobs += 1
        await pause(JOB_EVERY_MS - (performance.now() - startedMs), options.finishing)
      }),
    again(options, 'the reader', () => readOnce(market, options)),
  ])
}

/** What fails is told, and tried again: a soak is not over because of one order. */
async function again({ done, finishing, signal }: LoadOptions, who: string, work: () => Promise<void>): Promise<void> {
  while (!finishing.aborted && !signal.aborted) {
    try {
      await work()
    } catch (error) {
      if (signal.aborted) return
      done.failures.push(`${who}: ${error instanceof Error ? error.message : error}`)
      await pause(READ_EVERY_MS, finishing)
    }
  }
}

/** A lease from its order to its end, by a peer of its own, as one `tender up` and one `tender close` are. */
async function rentOnce(market: SoakedMarket, tenant: SoakTenant, plan: Plan, options: LoadOptions): Promise<void> {
  const { signal, done } = options
  const node = await startAgent({
    privateKey: generatePrivateKey(),
    market: tenant.market,
    bootstrap: market.bootstrap,
  })
  try {
    const { leases } = await up({ ...tenant, node, sources: diskSources }, plan, {
      auctionSeconds: AUCTION_SECONDS,
      enoughAnswers: market.providers.length,
      onEvent() {},
      signal,
    })
    for (const lease of leases) {
      try {
        await useLease(tenant, lease, options)
      } finally {
        await closeLease(tenant.market, { lease: lease.terms })
      }
      done.leases += 1
    }
  } finally {
    await node.stop()
  }
}

async function useLease({ market }: SoakTenant, { terms, url }: TenantLease, options: LoadOptions): Promise<void> {
  const { done, finishing, signal } = options
  const endsMs = performance.now() + LEASE_MS
  let extended = false
  while (performance.now() < endsMs && !finishing.aborted) {
    if (url !== undefined) {
      const { status } = await fetchWorkload(url, signal)
      done.visits += 1
      if (status !== 200) done.failedVisits += 1
    }
    if (!extended && performance.now() > endsMs - LEASE_MS / 2) {
      const { end } = await getLease(market, { lease: terms })
      await extendLease(market, { lease: terms, newEnd: end + EXTENSION_SECONDS })
      done.extensions += 1
      extended = true
    }
    await pause(VISIT_EVERY_MS, finishing)
  }
}

/** What a page that is open asks for, and Prometheus. */
async function readOnce({ dashboard, metrics }: SoakedMarket, { done, finishing, signal }: LoadOptions): Promise<void> {
  const api = createApiClient({ baseUrl: dashboard })
  await Promise.all([
    api.listLeases({ limit: 50 }, { signal }),
    api.listProviders({ limit: 50 }, { signal }),
    fetch(metrics, { signal }).then((answer) => answer.arrayBuffer()),
  ])
  done.reads += 1
  await pause(READ_EVERY_MS, finishing)
}

async function pause(milliseconds: number, finishing: AbortSignal): Promise<void> {
  await sleep(Math.max(0, milliseconds), undefined, { signal: finishing }).catch(() => {}) // no more pause then
}
