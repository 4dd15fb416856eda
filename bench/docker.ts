/**
 * From the match to the first HTTP 200 of a container under a lease, against a bare `docker run` of the same image on the same
 * engine, in turns. Needs root and docker.io. `npm run bench:docker [-- --json]`
 *
 * The chain of this measurement mines at once, so the block time that a real one adds is left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  chooseBids,
  deliver,
  deployEmbedded,
  diskSources,
  governorKey,
  holdAuction,
  type OrderRecord,
  openLeases,
  openTenantRecords,
  orderOf,
  type Plan,
  providerRoles,
  readPlan,
  setUpActors,
  startAgent,
  type Tenant,
  type TenantLease,
  tenantKey,
} from '@tender/cli'
import { createDockerDriver } from '@tender/driver-docker'
import { createLog } from '@tender/kit'
import { localChainId, startChain } from '@tender/localchain'
import { providerConfigSchema, startProvider } from '@tender/provider'
import { closeLease, createChainClient, createMarketClient, getAsset, signOrder } from '@tender/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { docker, PORT, runBare, startEngine, untilAnswered, writeImage } from './placement/engine.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

const ROUNDS = 10
/** Long enough for a busy machine to bid in; not part of what is measured. */
const AUCTION_SECONDS = 3
const DEADLINE_MS = 120_000

/** Milliseconds from the start of the work. `match`: the transaction is mined; `manifest`: the provider has everything. */
type Ours = { match: number; manifest: number; answer: number }

const cleanups: (() => Promise<unknown>)[] = []

await runBench(
  'docker',
  async ({ rounds }, signal) => {
    try {
      return resultOf(await measure(rounds, signal))
    } finally {
      for (const cleanup of cleanups.reverse()) await cleanup()
    }
  },
  {
    about: 'From the match to the first HTTP 200 of a container, against a bare docker run. Needs root and docker.io.',
    options: { rounds: { default: ROUNDS, about: 'of each way, in turns' } },
  },
)

type Measured = { bare: number[]; ours: Ours[] }

async function measure(rounds: number, signal: AbortSignal): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const { socket, stop } = await startEngine(folder)
  cleanups.push(stop)
  await writeImage(folder)
  const { tenant, plan } = await startMarket(folder, socket)

  const bare: number[] = []
  const ours: Ours[] = []
  // Keeps the image loaded, as it is for the bare one, and warms up everything.
  closingLater(tenant, (await rentOne(tenant, plan)).lease)
  const image = (await docker(socket, 'ps', '--no-trunc', '--format', '{{.Image}}')).trim()
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted()
    bare.push(await runBare(socket, image))
    const { lease, ...times } = await rentOne(tenant, plan)
    ours.push(times)
    await closeLease(tenant.market, { lease: lease.terms })
  }
  return { bare, ours }
}

function closingLater({ market }: Tenant, { terms }: TenantLease): void {
  cleanups.push(() => closeLease(market, { lease: terms }))
}

async function rentOne(tenant: Tenant, plan: Plan): Promise<Ours & { lease: TenantLease }> {
  const { market, node, records } = tenant
  const signal = AbortSignal.timeout(DEADLINE_MS)
  await node.orders.ready({ signal })
  const order = await orderOf(market, plan, { agent: node.address, auctionSeconds: AUCTION_SECONDS })
  const { hash: id, signature } = await signOrder(market, { order })
  const { name, composeFile, manifest, files } = plan
  const asked = {
    version: 1,
    id,
    name,
    composeFile,
    order,
    signature,
    manifest,
    files,
    placedAtMs: Date.now(),
  } as const
  // CAST: an order as built has the record's shape, but for `readonly`
  const placed = { ...asked, answers: [], leases: [], matching: false } as unknown as OrderRecord
  await records.orders.put(id, placed)
  const record = await holdAuction(tenant, placed, {
    endsAtMs: Date.now() + AUCTION_SECONDS * 1000,
    onAnswer() {},
    signal,
  })
  const choice = await chooseBids(tenant, record)

  const started = performance.now()
  const since = () => performance.now() - started
  const [lease] = await openLeases(tenant, record, choice)
  if (!lease) throw new Error('nobody took the order')
  const match = since()
  const { url } = await deliver(tenant, record, lease, () => {}, signal)
  const delivered = since()
  await untilAnswered(url ?? '')
  return { lease, match, manifest: delivered, answer: since() }
}

async function startMarket(folder: string, socketPath: string): Promise<{ tenant: Tenant; plan: Plan }> {
  const chain = await startChain()
  cleanups.push(chain.stop)
  const rpcUrl = chain.url
  const governor = privateKeyToAccount(governorKey)
  const book = await deployEmbedded(await createChainClient({ rpcUrl, chainId: localChainId, account: governor }))
  const market = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  await setUpActors(rpcUrl, book, await getAsset(market, { asset: book.assets[0] ?? '0x' }))
  const stateDir = join(folder, 'provider')
  const driver = createDockerDriver({ stateDir: join(stateDir, 'docker'), socketPath })
  const config = providerConfigSchema.parse({
    stateDir,
    rpcUrl,
    book,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '20000' } } },
    drivers: { docker: { socket: socketPath } },
    keepEndedSeconds: 0,
  })
  const privateKey = providerRoles[0]?.operatorKey ?? generatePrivateKey()
  const log = createLog({ name: 'provider', level: 'silent' })
  const provider = await startProvider({ config, privateKey, drivers: [driver], log })
  cleanups.push(provider.stop)
  const node = await startAgent({ privateKey: generatePrivateKey(), market, bootstrap: provider.addresses() })
  cleanups.push(node.stop)
  const composeFile = join(folder, 'compose.yaml')
  await writeFile(
    composeFile,
    `services: { web: { image: ./image.tar, ports: ["${PORT}"], user: "1000:1000" } }\nx-tender: { max-price: 0.05 USDC/h }\n`,
  )
  const tenant = { market, node, records: await openTenantRecords(join(folder, 'tenant')), sources: diskSources }
  return { tenant, plan: await readPlan(composeFile) }
}

function resultOf({ bare, ours }: Measured): BenchResult {
  const of = (part: keyof Ours) => median(ours.map((times) => times[part]))
  const bareMs = median(bare)
  const row = (what: string, ms: number, ratio: number | null = null) => ({ what, ms, ratio })
  return {
    bench: 'docker',
    title: 'A container under a lease',
    question:
      'From the match to the first HTTP 200 of a container under a lease, against a bare `docker run -p` of the same image on the same engine until it answers, in turns. The goal is 1.5 times, and one block time for the match.',
    tables: [
      {
        title: 'To the first answer',
        columns: [
          { key: 'what', label: '' },
          { key: 'ms', label: 'median', unit: 'ms', digits: 0 },
          { key: 'ratio', label: 'ratio', digits: 2 },
        ],
        rows: [
          row('docker run, first HTTP 200', bareMs, 1),
          row('match, first HTTP 200', of('answer'), of('answer') / bareMs),
          row('of this the match', of('match')),
          row('of this the manifest', of('manifest') - of('match')),
          row('of this the start', of('answer') - of('manifest')),
        ],
        note: `Medians of ${ours.length}. The chain mines at once, so the block time that a real one adds is left out.`,
      },
    ],
    charts: [{ title: 'To the first answer of a container, in ms', table: 0, kind: 'bar', x: 'what', y: 'ms' }],
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
