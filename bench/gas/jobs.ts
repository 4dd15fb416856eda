import { jobsAbi } from '@tender/abi'
import {
  type JobTerms,
  jobTermsHash,
  kinds,
  leaseId,
  marketDomain,
  type Order,
  type Terms,
  typedData,
} from '@tender/protocol'
import { encodeFunctionData, type Hex, hexToBytes, keccak256, parseEventLogs, toHex, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { joined } from './reports.ts'
import type { Scene } from './scenarios.ts'

const MONITORS = 7
const CHALLENGE_SECONDS = 3_600
/** Longer than a new monitor has to wait. */
const ACTIVATION_SECONDS = 86_400
const ANCHOR_BLOCKS = 3
const FEE_BPS = 100
const jobTerms: JobTerms = {
  tasks: 20,
  sample: 3,
  validators: 3,
  comparator: zeroHash,
  deadlineSeconds: 43_200,
  cancelFee: 7_777n,
  verifyFee: 1_000n,
  inputs: keccak256(toHex('inputs')),
}
const CID = toHex('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi')

/** What a step cannot do without besides its transaction: slots that it makes, changes or reads, all cold, and signers to recover. */
type Needs = { made?: number; changed?: number; read?: number; recovered?: number }

const GAS = { transaction: 21_000, zeroByte: 4, byte: 16, made: 22_100, changed: 5_000, read: 2_100, recovered: 3_000 }

/** No rule, no event, no call between contracts, and one slot for a job and its result each. */
const needs = {
  // Its slot; the fee from one balance to another; the operator.
  begin: { made: 1, changed: 2, read: 1 },
  // The result's root, which says how far it is; the operator.
  submit: { made: 1, read: 1 },
  // The seed; the monitors, and how many they are.
  draw: { changed: 1, read: MONITORS + 1 },
  // Job, lease, capacity; payout, fee and what was kept for the validators; theirs.
  resolve: { changed: 6 + jobTerms.validators, recovered: jobTerms.validators },
} satisfies Record<string, Needs>

type Step = keyof typeof needs

/** Opens a lease under an order with these changes. */
type Open = (change: Partial<Order>) => Promise<Terms[]>

/** A whole job of three validators out of seven monitors, all of whom sign, while another job is not over, with a fee of 1 %. */
export async function jobs(scene: Scene, open: Open): Promise<void> {
  const { bench, market, add } = scene
  await bench.send(market.owner, market.setFee(FEE_BPS))
  const monitors: LocalAccount[] = []
  while (monitors.length < MONITORS) monitors.push(await joined(scene, `validator ${monitors.length}`))
  await bench.pass(ACTIVATION_SECONDS)
  for (const { address } of monitors) await bench.send(market.owner, market.deposit(address, 1n))
  await runJob(scene, { open, monitors }, 'begin')
  await runJob(scene, { open, monitors }, 'resolve')
  const spent = await runJob(scene, { open, monitors }, 'resolve')
  const [gas, minimum] = [sum(spent, 'gas'), sum(spent, 'minimum')]
  for (const { step, ...cost } of spent) add(`job.${step}`, cost.gas, cost.minimum)
  add('job.whole', gas, minimum)
}

type Cast = { open: Open; monitors: readonly LocalAccount[] }
type Spent = { step: Step; gas: number; minimum: number }

/** Opens a job and takes it as far as asked. */
async function runJob(scene: Scene, { open, monitors }: Cast, last: Step): Promise<Spent[]> {
  const { bench, market, seller } = scene
  const spent: Spent[] = []
  const send = async (step: Step, account: LocalAccount, data: Hex) => {
    const receipt = await bench.send(account, { to: market.contracts.jobs, data })
    spent.push({ step, gas: Number(receipt.gasUsed), minimum: minimumOf(data, needs[step]) })
    return receipt
  }
  const terms = await openJob(scene, open)
  await send(
    'begin',
    seller.operator,
    encodeFunctionData({ abi: jobsAbi, functionName: 'begin', args: [terms, jobTerms] }),
  )
  if (last === 'begin') return spent
  const root = keccak256(leaseId(terms))
  await send(
    'submit',
    seller.operator,
    encodeFunctionData({ abi: jobsAbi, functionName: 'submit', args: [terms, jobTerms, root, CID] }),
  )
  await bench.rpc.mine({ blocks: ANCHOR_BLOCKS })
  const drawing = await send(
    'draw',
    market.owner,
    encodeFunctionData({ abi: jobsAbi, functionName: 'draw', args: [terms, jobTerms, []] }),
  )
  const [drawn] = parseEventLogs({ abi: jobsAbi, eventName: 'JobDrawn', logs: drawing.logs })
  if (!drawn) throw new Error('nobody was drawn')
  await bench.pass(CHALLENGE_SECONDS)
  const { validators, seed } = drawn.args
  const domain = marketDomain({ chainId: market.chainId, orderBook: market.contracts.orderBook })
  const verdict = typedData(domain, 'Verdict', {
    jobs: market.contracts.jobs,
    lease: leaseId(terms),
    seed,
    passed: true,
  })
  const signers = validators.map((validator) => monitors.find(({ address }) => address === validator))
  const signatures = await Promise.all(signers.flatMap((signer) => signer?.signTypedData(verdict) ?? []))
  const indices = validators.map((_, index) => index)
  await send(
    'resolve',
    market.owner,
    encodeFunctionData({
      abi: jobsAbi,
      functionName: 'resolve',
      args: [terms, jobTerms, true, validators, indices, signatures],
    }),
  )
  return spent
}

async function openJob({ market }: Scene, open: Open): Promise<Terms> {
  const domain = marketDomain({ chainId: market.chainId, orderBook: market.contracts.orderBook })
  const [terms] = await open({
    kind: kinds.job,
    verifier: market.contracts.jobs,
    jobTerms: jobTermsHash(domain, jobTerms),
    maxMinSeconds: 0,
  })
  if (!terms) throw new Error('no job')
  return terms
}

function minimumOf(data: Hex, { made = 0, changed = 0, read = 0, recovered = 0 }: Needs): number {
  const bytes = hexToBytes(data)
  const zeros = bytes.filter((byte) => byte === 0).length
  const calldata = zeros * GAS.zeroByte + (bytes.length - zeros) * GAS.byte
  const slots = made * GAS.made + changed * GAS.changed + read * GAS.read
  return GAS.transaction + calldata + slots + recovered * GAS.recovered
}

function sum(spent: readonly Spent[], part: 'gas' | 'minimum'): number {
  return spent.reduce((total, one) => total + one[part], 0)
}
