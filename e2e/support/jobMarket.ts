import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capacityRegistryAbi, leaseEscrowAbi } from '@tender/abi'
import {
  diskSources,
  type EmbeddedMarketOptions,
  monitorRoles,
  openJobStore,
  openTenantRecords,
  providerRoles,
  readCompose,
  startAgent,
  tenantKey,
} from '@tender/cli'
import { createMarketClient, getStake, type MarketClient } from '@tender/sdk'
import type { TenantLease } from '@tender/tenant'
import { followJob, type JobEventOf, type JobOutcome, type OpenedJob, orderJob, planJob } from '@tender/tenant/jobs'
import { type Address, type Hex, parseEventLogs } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type GatewayMarket, startGatewayMarket } from './gatewayMarket.ts'
import { until } from './until.ts'

/** Nothing here is about eras: the machine has other things to do. */
const ERA_SECONDS = 40

/** The money of a job's lease, as the transaction that ended it says. Dollars in the smallest unit; the penalty in stake tokens'. */
export type LeaseMoney = {
  /** To the payout, less the fee. */
  paid: bigint
  fee: bigint
  refunded: bigint
  /** Of verify fee and bond: to validators, and back to the tenant. */
  given: ReadonlyMap<Address, bigint>
  penalty: bigint
}

/** What everybody has. Dollars in escrow, but for the stakes. */
export type Balances = {
  tenant: bigint
  owners: bigint[]
  monitors: bigint[]
  fees: bigint
  jobs: bigint
  /** Of each provider, stake tokens. */
  stakes: bigint[]
}

export type RunningJob = OpenedJob & {
  lease: TenantLease
  events: JobEventOf[]
  outcomes: Promise<JobOutcome[]>
}

/** An embedded market with a tenant who runs several jobs at once. */
export type JobMarket = GatewayMarket & {
  /** With the tenant's account. */
  chain: MarketClient
  /** Orders the job of a Compose file's text and works on it. @param serves false: nobody gets its bundle */
  run(name: string, text: string, serves?: boolean): Promise<RunningJob>
  /** Moves the chain's clock. */
  skip(seconds: number): Promise<void>
  balances(): Promise<Balances>
  /** Who got what of a lease, once it has ended. */
  moneyOf(lease: Hex): Promise<LeaseMoney>
}

export async function startJobMarket(
  options: Pick<Partial<EmbeddedMarketOptions>, 'jobTiming' | 'driverOf'>,
): Promise<JobMarket> {
  const market = await startGatewayMarket({ gateway: false, eraSeconds: ERA_SECONDS, ...options })
  const { rpcUrl, book, bootstrap } = market.market
  const chain = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  const directory = join(market.home, 'markets', 'dev')
  const records = await openTenantRecords(directory)
  const stopping = new AbortController()
  const closing: (() => Promise<unknown>)[] = []

  async function run(name: string, text: string, serves = true): Promise<RunningJob> {
    const file = join(market.home, `${name}.yaml`)
    await writeFile(file, text)
    const read = await readCompose(file)
    const store = openJobStore(directory, file)
    const served = serves ? store : openJobStore(directory, `${file} of nobody`)
    const node = await startAgent({ privateKey: generatePrivateKey(), market: chain, bootstrap })
    const tenant = { market: chain, node, records, sources: diskSources }
    const { signal } = stopping
    const plan = await planJob(read.text, read.sources, { market: chain, store, signal })
    const opened = await orderJob(tenant, plan, {
      auctionSeconds: 60,
      enoughAnswers: providerRoles.length,
      onEvent() {},
      signal,
    })
    const events: JobEventOf[] = []
    const outDir = join(market.home, 'results', name)
    const onEvent = (event: JobEventOf) => void events.push(event)
    const outcomes = followJob(tenant, opened, { store: served, outDir, bootstrap, onEvent, signal })
    outcomes.catch(() => {}) // whoever awaits it is told
    closing.push(async () => {
      await outcomes.catch(() => {}) // stopped
      await node.stop()
      for (const one of new Set([store, served])) one.close()
    })
    const [lease] = opened.leases
    if (!lease) throw new Error('no lease was opened')
    return { ...opened, lease, events, outcomes }
  }

  async function skip(seconds: number): Promise<void> {
    await cheat(chain, 'evm_increaseTime', [seconds])
    await cheat(chain, 'evm_mine', [])
  }

  // From the second era on monitors weigh something, and are drawn.
  await skip(ERA_SECONDS)
  return {
    ...market,
    chain,
    run,
    skip,
    balances: () => balancesOf(chain, market.market.providers),
    moneyOf: (lease) => moneyOf(chain, lease),
    async stop() {
      stopping.abort()
      await Promise.all(closing.map((close) => close()))
      await market.stop()
    },
  }
}

/** A Compose file of a job of darts. `job`: what `x-tender.job` is; `tender`: lines of `x-tender`. */
export function darts(
  image: string,
  environment: Record<string, string>,
  { job, tender }: Record<'job' | 'tender', string>,
) {
  return `services:
  darts:
    image: ${image}
    platform: wasi/wasm
    environment: ${JSON.stringify({ DARTS: '1000', ...environment })}
    deploy: { replicas: 1, resources: { limits: { cpus: "1", memory: 64M } } }
x-tender:
  resource: cu
  max-price: 0.05 USDC/h
  ${tender}
  job: ${job}
`
}

async function cheat(chain: MarketClient, method: string, params: readonly unknown[]): Promise<void> {
  // CAST: anvil's own methods are not among those of every node that viem knows
  const request = chain.rpc.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>
  await request({ method, params })
}

async function balancesOf(chain: MarketClient, providers: GatewayMarket['market']['providers']): Promise<Balances> {
  const { rpc, book } = chain
  const [asset = '0x'] = book.assets
  const of = (account: Address) =>
    rpc.readContract({
      address: book.contracts.leaseEscrow,
      abi: leaseEscrowAbi,
      functionName: 'balanceOf',
      args: [account, asset],
    })
  const addresses = (keys: readonly Hex[]) => keys.map((key) => privateKeyToAccount(key).address)
  const owners = addresses(providers.map(({ role }) => role.ownerKey))
  const stakes = providers.map(({ provider: { id } }, at) =>
    getStake(chain, { provider: id, account: owners[at] ?? '0x' }),
  )
  return {
    tenant: await of(privateKeyToAccount(tenantKey).address),
    owners: await Promise.all(owners.map(of)),
    monitors: await Promise.all(addresses(monitorRoles.map(({ key }) => key)).map(of)),
    fees: await of(book.contracts.rewards),
    jobs: await of(book.contracts.jobs),
    stakes: (await Promise.all(stakes)).map(({ bonded }) => bonded),
  }
}

async function moneyOf({ rpc, book }: MarketClient, lease: Hex): Promise<LeaseMoney> {
  const wanted = {
    address: book.contracts.leaseEscrow,
    abi: leaseEscrowAbi,
    eventName: 'LeaseEnded',
    args: { lease },
    fromBlock: BigInt(book.deployBlock),
  } as const
  const ended = await until(`the end of ${lease}`, async () => {
    const [log] = await rpc.getContractEvents({ ...wanted, strict: true })
    return log
  })
  const { logs } = await rpc.getTransactionReceipt({ hash: ended.transactionHash })
  const [settled] = parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseSettled' })
  const [penalised] = parseEventLogs({ abi: capacityRegistryAbi, logs, eventName: 'Penalised' })
  const given = parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'Given' })
  return {
    paid: settled?.args.paid ?? 0n,
    fee: settled?.args.fee ?? 0n,
    refunded: ended.args.refunded,
    given: new Map(given.map(({ args: { to, amount } }) => [to, amount])),
    penalty: penalised?.args.amount ?? 0n,
  }
}
