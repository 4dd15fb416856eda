import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  chooseBids,
  deliver,
  diskSources,
  governorKey,
  holdAuction,
  type MonitorRole,
  monitorRoles,
  type OrderRecord,
  openLeases,
  openTenantRecords,
  orderOf,
  type Plan,
  type ProviderRole,
  providerRoles,
  readPlan,
  setUpActors,
  setUpMonitors,
  startAgent,
  type Tenant,
  type TenantLease,
  tenantKey,
  waitUntilRunning,
} from '@tender/cli'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLog } from '@tender/kit'
import { type LocalChain, localChainId, startChain } from '@tender/localchain'
import { parsePrice } from '@tender/protocol'
import { type Provider, providerConfigSchema, startProvider } from '@tender/provider'
import {
  type AddressBook,
  createChainClient,
  createMarketClient,
  deployMarket,
  getAsset,
  type MarketClient,
  signOrder,
} from '@tender/sdk'
import { type Address, type Hex, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createEras, type Eras } from './eras.ts'
import { type Ledger, readLedger } from './ledger.ts'
import { type MarketMonitor, type MarketMonitorOptions, startMarketMonitor } from './marketMonitor.ts'
import { freePorts } from './tender.ts'
import { LIMIT_MS } from './until.ts'

export const ERA_SECONDS = 6

/** Two minutes: no machine is so slow that monitors that run do not report for as long. */
export const LIVENESS_ERAS = 20

/** For each promised second below its promise, a provider owes half of its price. */
const CREDIT_BPS = 5_000

/** Dear, so that every second is worth something to all who share the fees: 10,000 smallest units of the asset. */
const PRICE = '36 USDC/h'

const HELLO = fileURLToPath(new URL('../../examples/hello', import.meta.url))

type WasmDriver = ReturnType<typeof createWasmDriver>

export type EraMarketOptions = {
  /** Which of the usual providers there are. @default the first two */
  roles?: readonly ProviderRole[] | undefined
  /** What a provider runs workloads with, from what it would. */
  driverOf?: ((role: ProviderRole, driver: WasmDriver) => WasmDriver) | undefined
  /** Where its ingress listens. @default any free port of the loopback address */
  ingressOf?: ((role: ProviderRole) => { host?: string; port: number }) | undefined
  /** What is particular about a monitor. */
  monitorOf?:
    | ((role: MonitorRole, chain: LocalChain) => Promise<Pick<MarketMonitorOptions, 'place' | 'probe'>>)
    | undefined
  /** Where providers' peers listen. @default the loopback address */
  address?: string | undefined
  /** @default {@link ERA_SECONDS} */
  eraSeconds?: number | undefined
}

/** A market whose eras are seconds, with real providers, four real monitors and a tenant. */
export type EraMarket = {
  readonly directory: string
  readonly chain: LocalChain
  readonly book: AddressBook
  readonly asset: Address
  readonly tenant: Tenant
  readonly providers: readonly { role: ProviderRole; provider: Provider }[]
  readonly monitors: readonly MarketMonitor[]
  /** Rents a computer for the example from that provider, for an hour; resolves when it runs. */
  rent(provider: Provider): Promise<TenantLease>
  /** What the monitors reported. */
  readonly eras: Eras
  /** Who has what, as of one block: the newest, unless told. */
  ledger(block?: bigint): Promise<Ledger>
  /** A client of somebody else. */
  as(key: Hex): Promise<MarketClient>
  cheat(method: string, params: readonly unknown[]): Promise<void>
  stop(): Promise<void>
}

export async function startEraMarket(options: EraMarketOptions = {}): Promise<EraMarket> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-eras-'))
  const cleanups: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  const stop = async () => {
    for (let next = cleanups.pop(); next; next = cleanups.pop()) await next()
  }
  try {
    return { ...(await open(directory, options, cleanups)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function open(
  directory: string,
  {
    roles = providerRoles.slice(0, 2),
    driverOf = (_, driver) => driver,
    ingressOf = () => ({ port: 0 }),
    monitorOf = async () => ({}),
    address = '127.0.0.1',
    eraSeconds = ERA_SECONDS,
  }: EraMarketOptions,
  cleanups: (() => Promise<unknown>)[],
): Promise<Omit<EraMarket, 'stop'>> {
  const chain = await startChain({ heartbeatSeconds: 1 })
  cleanups.push(chain.stop)
  const book = await deploy(chain.url, eraSeconds)
  const as = (key: Hex) => createMarketClient({ rpcUrl: chain.url, book, account: privateKeyToAccount(key) })
  const market = await as(tenantKey)
  const asset = await getAsset(market, { asset: book.assets[0] ?? '0x' })
  await setUpActors(chain.url, book, asset)
  await setUpMonitors(chain.url, book)

  const providers: { role: ProviderRole; provider: Provider }[] = []
  for (const role of roles) {
    const bootstrap = providers.flatMap(({ provider }) => provider.addresses())
    const stateDir = join(directory, role.name)
    await mkdir(stateDir)
    const config = providerConfigSchema.parse({
      stateDir,
      rpcUrl: chain.url,
      book,
      network: { listen: [`/ip4/${address}/tcp/0`], bootstrap },
      ingress: ingressOf(role),
      sales: { cu: { pricing: { strategy: 'fixed', price: parsePrice(PRICE, asset) } } },
      settleEverySeconds: 1,
    })
    const log = createLog({ name: role.name, stream: createWriteStream(join(stateDir, 'log')) })
    const drivers = [driverOf(role, createWasmDriver({ stateDir: join(stateDir, 'wasm') }))]
    const provider = await startProvider({ config, privateKey: role.operatorKey, drivers, log })
    cleanups.push(() => provider.suspend())
    providers.push({ role, provider })
  }
  const bootstrap = providers.flatMap(({ provider }) => provider.addresses())
  const port = await freePorts(monitorRoles.length)
  const monitors = await Promise.all(
    monitorRoles.map(async (role, index) => {
      const where = { directory, rpcUrl: chain.url, book, port: port + index, bootstrap }
      return startMarketMonitor({ role, ...where, ...(await monitorOf(role, chain)) })
    }),
  )
  for (const monitor of monitors) cleanups.push(monitor.close)

  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap })
  cleanups.push(() => node.stop())
  const tenant: Tenant = {
    market,
    node,
    records: await openTenantRecords(join(directory, 'tenant')),
    sources: diskSources,
  }
  const plan = await dearPlan(directory)
  const leases: TenantLease[] = []
  return {
    directory,
    chain,
    book,
    asset: book.assets[0] ?? '0x',
    tenant,
    providers,
    monitors,
    as,
    async rent(provider) {
      const lease = await rent(tenant, plan, { provider: provider.id, answers: roles.length })
      leases.push(lease)
      return lease
    },
    eras: createEras({ market, node, monitors }),
    ledger: (block) => readLedger(market, { leases, providers: roles, block }),
    cheat: async (method, params) => {
      // CAST: anvil's own methods are not among those of every node that viem knows
      const request = market.rpc.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>
      await request({ method, params })
    },
  }
}

async function deploy(rpcUrl: string, eraSeconds: number): Promise<AddressBook> {
  const account = privateKeyToAccount(governorKey)
  return deployMarket(await createChainClient({ rpcUrl, chainId: localChainId, account }), {
    testDollar: true,
    resources: [{ resource: 'cu', stakePerUnit: parseEther('100') }],
    feeBps: 200,
    policy: {
      maxAuctionSeconds: 3600,
      startWindowSeconds: 600,
      tenantStake: 0n,
      advantageBps: [0, 0, 0, 0, 0],
    },
    eras: { eraSeconds, activationDelaySeconds: 1, livenessEras: LIVENESS_ERAS, maxVetoes: 2 },
    monitorPolicy: { minWeight: 100, creditBps: CREDIT_BPS, disputeBond: parseEther('1') },
    // A dollar is worth a stake token.
    assetRates: [10n ** 30n],
    finalGraceSeconds: 86_400,
    unbondingDelaySeconds: 86_400,
  })
}

/** The example, whose tenant pays any price. */
async function dearPlan(directory: string): Promise<Plan> {
  const file = await readFile(join(HELLO, 'compose.yaml'), 'utf8')
  const dear = file.replace(/max-price: .*/, `max-price: ${PRICE}`)
  await copyFile(join(HELLO, 'hello.wasm'), join(directory, 'hello.wasm'))
  await writeFile(join(directory, 'compose.yaml'), dear)
  return readPlan(join(directory, 'compose.yaml'))
}

async function rent(
  tenant: Tenant,
  plan: Plan,
  { provider, answers }: { provider: bigint; answers: number },
): Promise<TenantLease> {
  const { market, node } = tenant
  const signal = AbortSignal.timeout(LIMIT_MS)
  await node.orders.ready({ signal })
  const auctionSeconds = 60
  const order = await orderOf(market, plan, { agent: node.address, auctionSeconds })
  const { hash: id, signature } = await signOrder(market, { order })
  const { name, composeFile, manifest, files } = plan
  const asked = { version: 1, id, name, composeFile, order, signature, manifest, files } as const
  // CAST: an order as built has the record's shape, but for `readonly`
  const record = { ...asked, answers: [], leases: [], matching: false } as unknown as OrderRecord
  await tenant.records.orders.put(id, record)
  const endsAtMs = Date.now() + auctionSeconds * 1_000
  const answered = await holdAuction(tenant, record, { endsAtMs, enoughAnswers: answers, onAnswer() {}, signal })
  const choice = await chooseBids(tenant, answered)
  const chosen = [...choice.chosen, ...choice.spares].filter((bid) => bid.provider === provider)
  const [lease] = await openLeases(tenant, answered, { ...choice, chosen, spares: [] })
  if (!lease) throw new Error('the order opened no lease')
  const delivered = await deliver(tenant, answered, lease, () => {}, signal)
  await waitUntilRunning(tenant, delivered, signal)
  return delivered
}
