/**
 * From the match to the first HTTP 200 of a container under a lease, against a bare `docker run` of the same image on the same
 * engine, in turns. Needs root and docker.io. `npm run bench:docker [-- --json]`
 *
 * The chain of this measurement mines at once, so the block time that a real one adds is left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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

const ROUNDS = 10
/** Long enough for a busy machine to bid in; not part of what is measured. */
const AUCTION_SECONDS = 3
const DEADLINE_MS = 120_000

/** Milliseconds from the start of the work. `match`: the transaction is mined; `manifest`: the provider has everything. */
type Ours = { match: number; manifest: number; answer: number }

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const cleanups: (() => Promise<unknown>)[] = []
try {
  report(await measure())
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup()
}

async function measure(): Promise<{ bare: number[]; ours: Ours[] }> {
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
  for (let round = 0; round < ROUNDS; round++) {
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

type Result = {
  bareMs: number
  leaseMs: number
  ratio: number
  ofThisMs: { match: number; manifest: number; start: number }
}

function report({ bare, ours }: { bare: number[]; ours: Ours[] }): void {
  const of = (part: keyof Ours) => median(ours.map((times) => times[part]))
  const bareMs = median(bare)
  const result = {
    rounds: ROUNDS,
    bareMs,
    leaseMs: of('answer'),
    ratio: of('answer') / bareMs,
    ofThisMs: { match: of('match'), manifest: of('manifest') - of('match'), start: of('answer') - of('manifest') },
  }
  if (values.json) console.log(JSON.stringify(result))
  else printTable(result)
}

function printTable({ bareMs, leaseMs, ratio, ofThisMs }: Result): void {
  console.table({
    'docker run, first HTTP 200': { ms: Math.round(bareMs), ratio: 1 },
    'match, first HTTP 200': { ms: Math.round(leaseMs), ratio: Number(ratio.toFixed(2)) },
    '  of this the match': { ms: Math.round(ofThisMs.match) },
    '  of this the manifest': { ms: Math.round(ofThisMs.manifest) },
    '  of this the start': { ms: Math.round(ofThisMs.start) },
  })
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
