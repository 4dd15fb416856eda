import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaseEscrowAbi } from '@tender/abi'
import {
  deployEmbedded,
  diskSources,
  governorKey,
  openTenantRecords,
  providerRoles,
  readCompose,
  setUpActors,
  setUpMonitors,
  startAgent,
  tenantKey,
} from '@tender/cli'
import { type ContentStore, openContentStore } from '@tender/content'
import { localChainId, startChain } from '@tender/localchain'
import { sendManifest, serveBlocks } from '@tender/network'
import type { JobTerms, Terms } from '@tender/protocol'
import { acceptJob, createChainClient, createMarketClient, getAsset, getJob, getLease } from '@tender/sdk'
import type { Tenant, TenantLease } from '@tender/tenant'
import { orderJob, planJob, termsOfPlan } from '@tender/tenant/jobs'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { Judging } from './judge.ts'
import { between, type Moment, type Span } from './moment.ts'
import type { FromProvider, ProviderStart } from './provider.ts'

/** A job of the example that throws darts. */
export type JobSize = {
  module: string
  darts: number
  tasks: number
  atOnce: number
  sample: number
  validators: number
}

/** What a job took from `begin` to `submit`, both on the chain, and what is needed to judge it. */
export type RanJob = { span: Span; jobTerms: JobTerms; lease: TenantLease }

/** A real market with one provider, in a process of its own, and a tenant. */
export type JobMarket = {
  /** Orders a job and waits until its validators are drawn. */
  run(size: JobSize): Promise<RanJob>
  /** What a validator needs to judge it. */
  judging(job: RanJob): Promise<Omit<Judging, 'folder' | 'sample'>>
  /** Ends it. */
  accept(job: RanJob): Promise<void>
  /** The provider, now. */
  moment(): Promise<Moment>
}

type Cleanups = (() => unknown)[]
type Step = { lease: string; step: string; moment: Moment }

const AUCTION_SECONDS = 5
const DEADLINE_MS = 600_000
const POLL_MS = 200
const soon = () => AbortSignal.timeout(DEADLINE_MS)

/** @param cleanups gets what stops it */
export async function startJobMarket(folder: string, cleanups: Cleanups): Promise<JobMarket> {
  const chain = await startChain({ heartbeatSeconds: 1 })
  cleanups.push(chain.stop)
  const rpcUrl = chain.url
  const governor = privateKeyToAccount(governorKey)
  const book = await deployEmbedded(await createChainClient({ rpcUrl, chainId: localChainId, account: governor }))
  const market = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  await setUpActors(rpcUrl, book, await getAsset(market, { asset: book.assets[0] ?? '0x' }))
  await setUpMonitors(rpcUrl, book)
  const provider = await startProvider(folder, { rpcUrl, book }, cleanups)
  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap: provider.addresses })
  cleanups.push(node.stop)
  const store = openContentStore(join(folder, 'content'), { bytes: 1e9 })
  cleanups.push(store.close)
  await serveBlocks(node, store)
  const tenant = { market, node, records: await openTenantRecords(join(folder, 'tenant')), sources: diskSources }

  return {
    async run(size) {
      const { lease, jobTerms } = await order(tenant, store, join(folder, 'job'), size)
      const [begun, submitted] = await Promise.all(
        ['begin', 'submit'].map((step) => provider.step(lease.leaseId, step)),
      )
      if (!begun || !submitted) throw new Error('it was not run')
      while ((await getJob(market, { lease: lease.terms })).state !== 'drawn') await sleep(POLL_MS)
      return { span: between(begun, submitted), jobTerms, lease }
    },
    async judging({ lease: { leaseId: lease, terms, provider } }) {
      const { end } = await getLease(market, { lease: terms })
      const opened = await openedIn(tenant, terms)
      return { rpcUrl, book, provider, job: { lease, terms, opened, end } }
    },
    accept: async ({ lease, jobTerms }) => void (await acceptJob(market, { lease: lease.terms, jobTerms })),
    moment: provider.moment,
  }
}

type Place = Pick<ProviderStart['config'], 'rpcUrl' | 'book'>

async function startProvider(folder: string, place: Place, cleanups: Cleanups) {
  const child = fork(join(import.meta.dirname, 'provider.ts'))
  cleanups.push(() => child.kill())
  const config: ProviderStart['config'] = {
    ...place,
    stateDir: join(folder, 'provider'),
    network: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '20000' } } },
  }
  child.send({ config, privateKey: providerRoles[0]?.operatorKey ?? generatePrivateKey() } satisfies ProviderStart)
  // CAST: the process tells this first
  const [{ addresses }] = (await once(child, 'message', { signal: soon() })) as [{ addresses: string[] }]
  const seen: Step[] = []
  const keep = (message: FromProvider) => 'step' in message && seen.push(message)
  child.on('message', keep)
  return {
    addresses,
    async moment(): Promise<Moment> {
      child.send('now')
      // CAST: while no job runs it says nothing else
      return ((await once(child, 'message', { signal: soon() })) as [{ moment: Moment }])[0].moment
    },
    /** Waits for a step of a job. */
    async step(lease: string, step: string): Promise<Moment> {
      for (const signal = soon(); ; await once(child, 'message', { signal })) {
        const found = seen.find((one) => one.lease === lease && one.step === step)
        if (found) return found.moment
      }
    },
  }
}

/** Orders the job, and gives the provider what it needs. */
async function order(tenant: Tenant, store: ContentStore, folder: string, size: JobSize) {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'compose.yaml')
  await writeFile(file, composeOf(size))
  const { text, sources } = await readCompose(file)
  const { market, node } = tenant
  const plan = await planJob(text, sources, { market, store, signal: soon() })
  await node.orders.ready({ signal: soon() })
  const options = { auctionSeconds: AUCTION_SECONDS, enoughAnswers: 1, onEvent() {}, signal: soon() }
  const [lease] = (await orderJob(tenant, plan, options)).leases
  if (!lease) throw new Error('nobody took the order')
  const readBlob = (): never => {
    throw new Error('a file was asked for, which is in the bundle')
  }
  await sendManifest(node, lease.provider, { lease: lease.leaseId, manifest: plan.manifest, readBlob }, soon())
  return { lease, jobTerms: termsOfPlan(plan) }
}

function composeOf({ module, darts, tasks, atOnce, sample, validators }: JobSize): string {
  return `services:
  darts:
    image: ${module}
    platform: wasi/wasm
    environment: { DARTS: "${darts}" }
    deploy: { replicas: ${atOnce}, resources: { limits: { cpus: "1", memory: 64M } } }
x-tender:
  max-price: 0.05 USDC/h
  duration: 30m
  job:
    tasks: ${tasks}
    deadline: 30m
    output: { max: 1KiB }
    verify: { sample: ${sample}, validators: ${validators}, fee: 0.003 USDC }
    cancel-fee: 0.001 USDC
`
}

/** The block in which a lease was opened. */
async function openedIn({ market }: Tenant, { order }: Terms): Promise<number> {
  const events = await market.rpc.getContractEvents({
    address: market.book.contracts.leaseEscrow,
    abi: leaseEscrowAbi,
    eventName: 'LeaseOpened',
    fromBlock: 0n,
    strict: true,
  })
  const opened = events.find(({ args }) => args.terms.order === order)
  if (!opened) throw new Error('the lease was not opened')
  return Number(opened.blockNumber)
}
