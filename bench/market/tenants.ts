import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskSources, openTenantRecords, readPlan, startAgent } from '@tender/cli'
import { chooseBids, holdAuction, openLeases, orderOf, type Plan, placeOrder, type Tenant } from '@tender/tenant'
import { generatePrivateKey } from 'viem/accounts'
import type { Stage } from './stage.ts'

/** How one order went. */
export type Ordered = {
  /** From the signature to the last answer that came. */
  auctionMs: number
  /** From the signature to the lease on the chain; absent if it was not opened. */
  leaseMs?: number
  /** Providers that answered. */
  answers: number
  failure?: string
}

export type Ordering = {
  stage: Stage
  addresses: readonly string[][]
  folder: string
  plan: Plan
  signal: AbortSignal
}

/** A tenant knows a few of a market's peers, and by them all the others. */
const FIRST_PEERS = 3
/** Bids that have not come by then were lost, if the machine could make them in that time. */
const AUCTION_SECONDS = 5
/** What one machine that is everybody can do, roughly: a bid takes its provider 50 to 80 ms of the processor, and its tenant some more. */
export const BIDS_A_SECOND = 10

/** The module that all tenants order. */
export const HELLO = join(import.meta.dirname, '../../examples/hello/hello.wasm')

/** What all tenants order. Nobody is sent it: an order ends here with its lease. */
export async function planOfHello(folder: string): Promise<Plan> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'compose.yaml')
  const limits = '{ cpus: "0.1", memory: 64M }'
  const service = `{ image: ${HELLO}, platform: wasi/wasm, ports: ["80"], deploy: { resources: { limits: ${limits} } } }`
  await writeFile(file, `services: { hello: ${service} }\nx-tender: { max-price: 0.05 USDC/h }\n`)
  return readPlan(file)
}

/** A peer as `tender up` starts one, that knows a few of the market's. Resolves once it is heard. */
export async function startPeer(
  { stage, addresses, signal }: Ordering,
  account: number,
): Promise<{ node: Tenant['node']; stop(): Promise<void> }> {
  const market = await stage.market.client(account)
  const bootstrap = Array.from({ length: FIRST_PEERS }, () => addresses[randomInt(addresses.length)] ?? []).flat()
  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap })
  await node.orders.ready({ signal })
  return { node, stop: () => node.stop() }
}

/** A tenant with an account and records of its own. */
export async function tenantAt({ stage, folder }: Ordering, account: number, node: Tenant['node']): Promise<Tenant> {
  const market = await stage.market.client(account)
  return {
    market,
    node,
    records: await openTenantRecords(await mkdtemp(join(folder, 'tenant-'))),
    sources: diskSources,
  }
}

/** One order by a new peer, of `open` at once: signed, gossiped, answered by everybody, matched. */
export async function orderOnce(ordering: Ordering, account: number, open = 1): Promise<Ordered> {
  const { plan, addresses, signal } = ordering
  const auctionSeconds = Math.max(AUCTION_SECONDS, Math.ceil((open * addresses.length) / BIDS_A_SECOND))
  const { node, stop } = await startPeer(ordering, account)
  try {
    const tenant = await tenantAt(ordering, account, node)
    const started = performance.now()
    const order = await orderOf(tenant.market, plan, { agent: tenant.node.address, auctionSeconds })
    const placed = await placeOrder(tenant, plan, order)
    let auctionMs = 0
    const answered = await holdAuction(tenant, placed, {
      endsAtMs: Date.now() + auctionSeconds * 1000,
      enoughAnswers: addresses.length,
      onAnswer: () => {
        auctionMs = performance.now() - started
      },
      signal,
    })
    const answers = answered.answers.length
    try {
      await openLeases(tenant, answered, await chooseBids(tenant, answered))
      return { auctionMs, leaseMs: performance.now() - started, answers }
    } catch (error) {
      signal.throwIfAborted()
      return { auctionMs, answers, failure: error instanceof Error ? error.message : String(error) }
    }
  } finally {
    await stop()
  }
}

/** So many orders open at once, one after the other by each tenant, begun until `seconds` are over. */
export async function orderFor(ordering: Ordering, { open, seconds }: { open: number; seconds: number }) {
  const until = performance.now() + seconds * 1000
  const all: Ordered[] = []
  const accounts = ordering.stage.tenantAccounts.slice(0, open)
  const keepOrdering = async (account: number) => {
    while (performance.now() < until) all.push(await orderOnce(ordering, account, open))
  }
  await Promise.all(accounts.map(keepOrdering))
  return all
}
