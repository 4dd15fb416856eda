/**
 * How often a provider that cheats on some of its tasks is caught: real jobs on a chain of our own, each submitted and drawn for by the
 * contract, whose seeds sample. The share of jobs whose sample has a task that was cheated on is compared with the chance that
 * `chanceToCatch` predicts. `npm run bench:cheating [-- --jobs 400 --json]`
 */
import { parseArgs } from 'node:util'
import {
  chanceToCatch,
  type JobTerms,
  jobTermsHash,
  kinds,
  marketDomain,
  sampledTasks,
  tasksOfReplica,
} from '@tender/protocol'
import { beginJob, drawJob, matchOrder, signOrder, submitJob } from '@tender/sdk'
import { addProvider, addTenant, orderOf, startTestMarket } from '@tender/sdk/testMarket'
import { joinTestMonitor } from '@tender/sdk/testReports'
import { type Hex, keccak256, numberToHex, zeroHash } from 'viem'

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
const MONITORS = [7, 8, 9, 10, 11]
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
  const market = await startTestMarket()
  try {
    const tenant = await addTenant(market, { account: 1, amount: BigInt(jobs) * 1_000_000n })
    const provider = await addProvider(market, { first: 2, units: jobs })
    for (const account of MONITORS) await joinTestMonitor(await market.client(account), market.governor)
    const { jobs: verifier, orderBook } = market.book.contracts
    const domain = marketDomain({ chainId: market.book.chainId, orderBook })
    const drawn: Hex[] = []
    for (let job = 1; job <= jobs; job++) {
      const content = { kind: kinds.job, verifier, jobTerms: jobTermsHash(domain, jobTerms), nonce: BigInt(job) }
      const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, content) })
      const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(hash)] })
      const [lease] = leases
      if (!lease) throw new Error('an order opened no lease')
      const named = { lease: lease.terms, jobTerms }
      await beginJob(provider.operator, named)
      await submitJob(provider.operator, { ...named, resultRoot: keccak256(numberToHex(job)), cid: CID })
      await market.cheat('anvil_mine', ['0x3'])
      drawn.push((await drawJob(tenant, named)).seed)
    }
    return drawn
  } finally {
    await market.stop()
  }
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
