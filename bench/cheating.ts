/**
 * How often a provider that cheats on some of its tasks is caught: real jobs on a chain of our own, each submitted and drawn for by the
 * contract, whose seeds sample. The share of jobs whose sample has a task that was cheated on is compared with the chance that
 * `chanceToCatch` predicts. `npm run bench:cheating [-- --jobs 400 --json]`
 */
import { parseArgs } from 'node:util'
import { deployEmbedded, governorKey, providerRoles, setUpActors, setUpMonitors, tenantKey } from '@tender/cli'
import { localChainId, startChain } from '@tender/localchain'
import {
  chanceToCatch,
  type JobTerms,
  jobTermsHash,
  kinds,
  marketDomain,
  type Order,
  resourceId,
  sampledTasks,
  tasksOfReplica,
  tiers,
} from '@tender/protocol'
import {
  acceptJob,
  beginJob,
  createChainClient,
  createMarketClient,
  drawJob,
  findProvider,
  getAsset,
  getChainTime,
  type MarketClient,
  matchOrder,
  signOffer,
  signOrder,
  submitJob,
} from '@tender/sdk'
import { type Hex, keccak256, numberToHex, zeroAddress, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

type Row = {
  tasks: number
  cheated: number
  sample: number
  predicted: number
  measured: number
  /** Of the measured share, 95 % of the time (Wilson). */
  low: number
  high: number
}

/** Each provider's tasks, and on how many of them it cheats; samples as tenants choose them. */
const scenes = [
  { tasks: 10, cheated: 2, samples: [1, 3, 5] },
  { tasks: 50, cheated: 10, samples: [1, 3, 5, 10] },
  { tasks: 1_000, cheated: 10, samples: [10, 50, 100] },
]
const ERA_SECONDS = 40
const Z = 1.96
const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

/** What the contract draws by; tasks are sampled from its seed, whatever their number. */
const jobTerms: JobTerms = {
  ...{ tasks: 1_000, sample: 3, validators: 3, comparator: zeroHash, deadlineSeconds: 7_200 },
  ...{ cancelFee: 0n, verifyFee: 300n, inputs: zeroHash },
}

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '400' }, json: { type: 'boolean', default: false } },
})
const seeds = await drawnSeeds(Number(values.jobs))
const rows = scenes.flatMap(({ tasks, cheated, samples }) => samples.map((sample) => measure(tasks, cheated, sample)))
if (values.json) console.log(JSON.stringify(rows))
else printTable(rows)

/** Jobs with different results, one after the other, up to the draw. */
async function drawnSeeds(jobs: number): Promise<Hex[]> {
  const chain = await startChain()
  try {
    const governor = privateKeyToAccount(governorKey)
    const deployer = await createChainClient({ rpcUrl: chain.url, chainId: localChainId, account: governor })
    const book = await deployEmbedded(deployer, { eraSeconds: ERA_SECONDS })
    const as = (key: Hex) => createMarketClient({ rpcUrl: chain.url, book, account: privateKeyToAccount(key) })
    const tenant = await as(tenantKey)
    await setUpActors(chain.url, book, await getAsset(tenant, { asset: book.assets[0] ?? zeroAddress }))
    await setUpMonitors(chain.url, book)
    // From the second era on they weigh something.
    await cheat(tenant, 'evm_increaseTime', [ERA_SECONDS])
    const operator = await as(providerRoles[0]?.operatorKey ?? '0x')
    const drawn: Hex[] = []
    for (let job = 1; job <= jobs; job++) drawn.push(await draw(tenant, operator, BigInt(job)))
    return drawn
  } finally {
    await chain.stop()
  }
}

/** One job up to the draw, whose seed it answers; then it is accepted, so that its unit is free. */
async function draw(tenant: MarketClient, operator: MarketClient, nonce: bigint): Promise<Hex> {
  const account = operator.account?.address ?? zeroAddress
  const [{ timestamp }, provider] = await Promise.all([
    getChainTime(tenant),
    findProvider(operator, { operator: account }),
  ])
  if (!provider) throw new Error('there is no provider')
  const shared = { resource: resourceId('cu'), asset: tenant.book.assets[0] ?? zeroAddress, tier: tiers.standard }
  const { order, hash } = await signOrder(tenant, { order: orderOf(tenant, nonce, timestamp) })
  const bound = { provider: provider.id, offerEpoch: provider.offerEpoch, order: hash, expiry: timestamp + 3_600 }
  const asked = { units: 1, price: 10_000n, minSeconds: 0, maxDuration: 3_600, noticeSeconds: 0, salt: nonce }
  const offer = await signOffer(operator, { offer: { ...shared, ...bound, ...asked } })
  const { leases } = await matchOrder(tenant, { order, offers: [offer] })
  const [lease] = leases
  if (!lease) throw new Error('an order opened no lease')
  const named = { lease: lease.terms, jobTerms }
  await beginJob(operator, named)
  await submitJob(operator, { ...named, resultRoot: keccak256(numberToHex(nonce)), cid: CID })
  await cheat(tenant, 'anvil_mine', ['0x3'])
  const { seed } = await drawJob(tenant, named)
  await acceptJob(tenant, named)
  return seed
}

function orderOf({ account, book }: MarketClient, nonce: bigint, now: number): Order {
  const tenant = account?.address ?? zeroAddress
  const { jobs, orderBook } = book.contracts
  return {
    ...{ tenant, agent: tenant, asset: book.assets[0] ?? zeroAddress, resource: resourceId('cu'), kind: kinds.job },
    ...{ tier: tiers.standard, units: 1, replicas: 1, maxPrice: 20_000n, duration: 600, maxMinSeconds: 0 },
    ...{ uptimeBps: 0, maxSilence: 0, worstLevel: 5, spread: 0, countries: [], verifier: jobs, manifest: zeroHash },
    jobTerms: jobTermsHash(marketDomain({ chainId: book.chainId, orderBook }), jobTerms),
    ...{ previous: zeroHash, handoverSeconds: 0, auctionEnd: now + 10, expiry: now + 600, nonce },
  }
}

async function cheat({ rpc }: MarketClient, method: string, params: readonly unknown[]): Promise<void> {
  // CAST: anvil's own methods are not among those of every node that viem knows
  const request = rpc.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>
  await request({ method, params })
}

function measure(tasks: number, cheated: number, sample: number): Row {
  const own = tasksOfReplica(tasks, 1, 0)
  // Which ones makes no difference; spread, as a provider might.
  const wrong = new Set(Array.from({ length: cheated }, (_, nth) => Math.floor((nth * tasks) / cheated)))
  const caught = seeds.filter((seed) => sampledTasks(seed, own, sample).some((task) => wrong.has(task))).length
  const predicted = chanceToCatch({ tasks, cheated, sample }).exact
  return { tasks, cheated, sample, predicted, measured: caught / seeds.length, ...interval(caught, seeds.length) }
}

/** Wilson's score interval. */
function interval(caught: number, of: number): { low: number; high: number } {
  const share = caught / of
  const scale = 1 + Z ** 2 / of
  const middle = (share + Z ** 2 / (2 * of)) / scale
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2))
  return { low: middle - half, high: middle + half }
}

function printTable(rows: readonly Row[]): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const cells = rows.map(({ tasks, cheated, sample, predicted, measured, low, high }) => ({
    tasks,
    cheated,
    sample,
    predicted: percent(predicted),
    measured: percent(measured),
    '95 % interval': `${percent(low)} to ${percent(high)}`,
    within: low <= predicted && predicted <= high ? 'yes' : 'no',
  }))
  console.log(`${seeds.length} jobs, drawn for by the contract`)
  console.table(cells)
}
