import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  chooseBids,
  deliver,
  deployEmbedded,
  diskSources,
  governorKey,
  holdAuction,
  keepPlayKey,
  type OrderRecord,
  openLeases,
  openTenantRecords,
  orderOf,
  type Plan,
  providerRoles,
  setUpActors,
  startAgent,
  type Tenant,
  type TenantLease,
  tenantKey,
} from '@tender/cli'
import { localChainId, startChain } from '@tender/localchain'
import { leaseId as leaseIdOf } from '@tender/protocol'
import { createChainClient, createMarketClient, getAsset, getBalance, getLease, signOrder } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { freePorts, startTender, type Tender } from './tender.ts'
import { LIMIT_MS } from './until.ts'

/** Bounds a test's waits; far above what they take, since a busy machine starts processes and dials again slowly. */
export const soon = () => AbortSignal.timeout(60_000)

/** It ends as soon as the provider has answered. */
const AUCTION_SECONDS = 60

/** A market whose one provider is a process of its own, to be killed and started again at will; and a tenant. */
export type OneProvider = {
  readonly tenant: Tenant
  start(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Another process over the same state, as `tender` is started. */
  startAnother(): Tender
  /** Signs an order and takes bids until the provider has answered. */
  auction(plan: Plan): Promise<OrderRecord>
  match(record: OrderRecord): Promise<TenantLease>
  send(record: OrderRecord, lease: TenantLease): Promise<string>
  /** The process that runs a lease's workload. */
  pidOf(lease: Hex): Promise<number>
  /** What the tenant has in escrow, smallest units. */
  deposited(): Promise<bigint>
  /** Resolves when nothing is held for the lease any more, with the seconds that were paid and that it ran. */
  resolved(lease: TenantLease): Promise<{ secondsPaid: number; seconds: number }>
  stop(): Promise<void>
}

export async function startOneProvider(): Promise<OneProvider> {
  const home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  const chain = await startChain()
  const governor = privateKeyToAccount(governorKey)
  const book = await deployEmbedded(
    await createChainClient({ rpcUrl: chain.url, chainId: localChainId, account: governor }),
    // Its process is started several times before a lease runs.
    { startWindowSeconds: 600 },
  )
  const asset = first(book.assets)
  const market = await createMarketClient({ rpcUrl: chain.url, book, account: privateKeyToAccount(tenantKey) })
  await setUpActors(chain.url, book, await getAsset(market, { asset }))

  const port = await freePorts(2)
  const stateDir = join(home, 'state')
  const config = {
    stateDir,
    rpcUrl: chain.url,
    book,
    network: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
    ingress: { port: port + 1 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '20000' } } },
  }
  await writeFile(join(home, 'provider.json'), JSON.stringify(config))
  await keepPlayKey(home, 'operator', first(providerRoles).operatorKey)
  const command = ['provider', 'start', '--config', join(home, 'provider.json'), '--account', 'operator', '--json']

  let running: Tender | undefined
  const bootstrap: string[] = []
  async function start() {
    running = startTender(home, command)
    const { addresses } = JSON.parse(await running.nextLine())
    bootstrap.splice(0, bootstrap.length, ...addresses)
  }
  async function kill() {
    running?.process.kill('SIGKILL')
    await running?.finished
  }

  await start()
  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap })
  const tenant: Tenant = { market, node, records: await openTenantRecords(join(home, 'tenant')), sources: diskSources }

  return {
    tenant,
    start,
    kill,
    startAnother: () => startTender(home, command),
    async auction(plan) {
      await node.orders.ready({ signal: soon() })
      const order = await orderOf(market, plan, { agent: node.address, auctionSeconds: AUCTION_SECONDS })
      const { hash: id, signature } = await signOrder(market, { order })
      const { name, composeFile, manifest, files } = plan
      const asked = { version: 1, id, name, composeFile, order, signature, manifest, files } as const
      // CAST: an order as built has the record's shape, but for `readonly`
      const record = { ...asked, answers: [], leases: [], matching: false } as unknown as OrderRecord
      await tenant.records.orders.put(id, record)
      const endsAtMs = Date.now() + AUCTION_SECONDS * 1_000
      return holdAuction(tenant, record, {
        endsAtMs,
        enoughAnswers: 1,
        onAnswer() {},
        signal: AbortSignal.timeout(LIMIT_MS),
      })
    },
    async match(record) {
      return first(await openLeases(tenant, record, await chooseBids(tenant, record)))
    },
    async send(record, lease) {
      const { url } = await deliver(tenant, record, lease, () => {}, soon())
      return url ?? ''
    },
    async pidOf(lease) {
      const directory = join(stateDir, 'wasm', 'leases', lease)
      const claims = (await readdir(directory)).filter((name) => name.startsWith('claim.')).sort()
      return JSON.parse(await readFile(join(directory, claims.at(-1) ?? ''), 'utf8')).pid
    },
    deposited: async () => (await getBalance(market, { account: accountOf(market), asset })).deposited,
    async resolved({ terms }) {
      for (const signal = soon(); ; ) {
        const { status, secondsPaid, stop } = await getLease(market, { lease: terms })
        if (status === 'resolved') return { secondsPaid, seconds: stop - terms.start }
        if (signal.aborted) throw new Error(`lease ${leaseIdOf(terms)} is ${status}, paid for ${secondsPaid} s`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async stop() {
      running?.process.kill('SIGTERM')
      await running?.finished
      await node.stop()
      await chain.stop()
      await rm(home, { recursive: true })
    },
  }
}

function accountOf({ account }: Tenant['market']): Address {
  if (!account) throw new Error('a tenant has an account')
  return account.address
}

function first<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('there is one')
  return item
}
