/**
 * How often a provider that cheats on some of its tasks is caught: real jobs on a chain of our own, each submitted and drawn for by the
 * contract, whose seeds sample. The share of jobs whose sample has a task that was cheated on is compared with the chance that
 * `chanceToCatch` predicts. `npm run bench:cheating [-- --jobs 400 --json]`
 */
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
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

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

await runBench(
  'cheating',
  async ({ jobs }, signal) => {
    const seeds = await drawnSeeds(jobs, signal)
    return resultOf(
      scenes.flatMap(({ tasks, cheated, samples }) =>
        samples.map((sample) => measure(seeds, { tasks, cheated, sample })),
      ),
      jobs,
    )
  },
  {
    about: 'How often a provider that cheats is caught, against the chance that is predicted.',
    options: { jobs: { default: 400, about: 'jobs that are drawn for' } },
  },
)

/** Jobs with different results, one after the other, up to the draw. */
async function drawnSeeds(jobs: number, signal: AbortSignal): Promise<Hex[]> {
  const chain = await startChain({ signal })
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
    for (let job = 1; job <= jobs; job++) {
      signal.throwIfAborted()
      drawn.push(await draw(tenant, operator, BigInt(job)))
    }
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

type Scene = { tasks: number; cheated: number; sample: number }

function measure(seeds: readonly Hex[], { tasks, cheated, sample }: Scene): Row {
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

function resultOf(rows: readonly Row[], jobs: number): BenchResult {
  const percent = (key: string, label: string) => ({ key, label, unit: '%', digits: 1 })
  const shown = rows.map(({ tasks, cheated, sample, ...shares }) => ({
    scene: `${cheated} of ${tasks.toLocaleString('en')}, sample of ${sample}`,
    sample,
    predicted: 100 * shares.predicted,
    measured: 100 * shares.measured,
    low: 100 * shares.low,
    high: 100 * shares.high,
    within: shares.low <= shares.predicted && shares.predicted <= shares.high ? 'yes' : 'no',
  }))
  const bars = shown.flatMap(({ scene, predicted, measured }) => [
    { scene, share: predicted, what: 'predicted' },
    { scene, share: measured, what: 'measured' },
  ])
  return {
    bench: 'cheating',
    title: 'Catching who cheats on tasks',
    question:
      'The share of real jobs, submitted and drawn for by the contract, whose sample has a task that was cheated on, against the chance that is predicted.',
    tables: [
      {
        title: 'Caught',
        columns: [
          { key: 'scene', label: 'tasks cheated on' },
          percent('predicted', 'predicted'),
          percent('measured', 'measured'),
          percent('low', '95 % interval from'),
          percent('high', 'to'),
          { key: 'within', label: 'within' },
        ],
        rows: shown,
        note: `${jobs} jobs. One interval in twenty misses by chance.`,
      },
      {
        title: 'Predicted and measured',
        columns: [{ key: 'scene', label: 'tasks cheated on' }, { key: 'what', label: '' }, percent('share', 'caught')],
        rows: bars,
      },
    ],
    charts: [
      { title: 'Caught, predicted and measured', table: 1, kind: 'bar', x: 'scene', y: 'share', series: 'what' },
    ],
  }
}
