import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@tender/kit'
import {
  closeLease,
  createMarketClient,
  getAsset,
  getGasMoney,
  getLease,
  type MarketClient,
  sendGasMoney,
} from '@tender/sdk'
import { type Plan, type Tenant, up } from '@tender/tenant'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { startTenant } from '../startTenant.ts'
import { readPlan } from '../tenant/readPlan.ts'
import { governorKey, visitorKey } from './cast.ts'
import { EXAMPLE } from './example.ts'
import { fundTenant } from './setUpMarket.ts'
import type { EmbeddedMarket } from './startEmbeddedMarket.ts'

/** What it asks for in turn, so that not all is rented from the cheapest. */
const wishes = ['', 'countries: [EE]', '', 'countries: [CH]'] as const

/** At once: each is a process of its own on this machine. */
const MOST_LEASES = 2
const AUCTION_SECONDS = 15
/** For transactions: years of them on a local chain. */
const GAS_MONEY = parseEther('10')
/** Between two leases. */
const PAUSE_MS = { least: 60_000, most: 180_000 }

export type VisitorOptions = {
  /** Its records and files are kept here. */
  directory: string
  log: Logger
  signal: AbortSignal
}

/**
 * Somebody who rents a computer now and then and gives it back, with play money but in real auctions: a market in which nothing
 * happens shows nothing. Until aborted; what it cannot do it logs, and tries again later.
 */
export async function runVisitor(market: EmbeddedMarket, { directory, log, signal }: VisitorOptions): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    try {
      const running = await rentNext(market, directory, turn, signal)
      // The first ones at once, so that there is something to see.
      if (running >= MOST_LEASES) await sleep(pauseMs(), undefined, { signal })
    } catch (error) {
      if (signal.aborted) return
      log.warn({ error }, 'the visitor could not rent')
      await sleep(PAUSE_MS.least, undefined, { signal }).catch(() => {}) // aborted
    }
  }
}

/** @returns how many leases it has then */
async function rentNext(market: EmbeddedMarket, directory: string, turn: number, signal: AbortSignal): Promise<number> {
  const { rpcUrl, book, bootstrap } = market
  const client = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(visitorKey), signal })
  await fund(client, market)
  const plan = await planOf(directory, wishes[turn % wishes.length] ?? '')
  const tenant = await startTenant({ home: directory }, { name: 'visitor', market: client, bootstrap })
  try {
    const kept = await closeOldest(tenant)
    await up(tenant, plan, {
      auctionSeconds: AUCTION_SECONDS,
      enoughAnswers: market.providers.length,
      onEvent() {},
      signal,
    })
    return kept + 1
  } finally {
    await tenant.close()
  }
}

/** Every step looks at the chain first. */
async function fund(visitor: MarketClient, { rpcUrl, book }: EmbeddedMarket): Promise<void> {
  const account = privateKeyToAccount(visitorKey).address
  const { balance } = await getGasMoney(visitor, { account })
  if (balance < GAS_MONEY / 2n) {
    const governor = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(governorKey) })
    await sendGasMoney(governor, { to: account, amount: GAS_MONEY })
  }
  const [asset] = book.assets
  if (asset) await fundTenant(visitor, await getAsset(visitor, { asset }))
}

/** Makes room for one more. @returns how many are left */
async function closeOldest({ market, records }: Tenant): Promise<number> {
  const running = []
  for (const { terms } of await records.leases.all()) {
    const lease = await getLease(market, { lease: terms })
    if (lease.status === 'running' && lease.closedAt === undefined) running.push(lease)
  }
  const oldest = running.sort((a, b) => a.terms.start - b.terms.start)
  const tooMany = oldest.slice(0, Math.max(0, running.length - MOST_LEASES + 1))
  for (const { terms } of tooMany) await closeLease(market, { lease: terms })
  return running.length - tooMany.length
}

async function planOf(directory: string, wish: string): Promise<Plan> {
  const folder = join(directory, 'hello')
  await mkdir(folder, { recursive: true })
  const file = await readFile(join(EXAMPLE, 'compose.yaml'), 'utf8')
  await copyFile(join(EXAMPLE, 'hello.wasm'), join(folder, 'hello.wasm'))
  await writeFile(join(folder, 'compose.yaml'), `${file.trimEnd()}\n  ${wish}\n`)
  return readPlan(join(folder, 'compose.yaml'))
}

function pauseMs(): number {
  return PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least)
}
