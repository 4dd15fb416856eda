import { type Address, concatHex, encodeAbiParameters, type Hex, keccak256, toHex } from 'viem'
import type { Finding } from '../finding.ts'
import { least, wholeBps } from './arithmetic.ts'
import { drawLot } from './drawLot.ts'
import type { EscrowBooks } from './escrowBooks.ts'
import type { ChainFacts, EventOf, JobTerms, MarketEvent } from './facts.ts'
import { createJudge, type Judge } from './judge.ts'
import { type LeaseBook, reasons } from './leaseBook.ts'
import { digestOf, isSignedBy } from './typedData.ts'

const states = ['none', 'begun', 'submitted', 'drawn', 'recalled', 'redrawn', 'ended'] as const
type JobStateName = (typeof states)[number]

type JobBook = {
  lease: LeaseBook
  state: JobStateName
  terms: JobTerms | undefined
  /** When the state began. */
  since: number
  challenged: boolean
  drawn: readonly Address[]
  commitment: Hex
  anchor: number
  /** What the provider was paid, the market's fee included; `undefined` until it is. */
  gross: bigint | undefined
}

type JobEvent = Extract<MarketEvent, { contract: 'jobs' }>
type Ended = EventOf<'leaseEscrow', 'LeaseEnded'>

/** Every job's way through its states, its draws, its verdict, and what its end paid to whom. */
export async function judgeJobs(facts: ChainFacts, books: EscrowBooks): Promise<Finding[]> {
  const judge = createJudge('jobPayment')
  const jobs = new Map<Hex, JobBook>()
  for (const lease of books.leases.values()) if (lease.terms.kind === 1) jobs.set(lease.lease, newJob(lease))
  for (const event of facts.events) {
    if (!('lease' in event.args)) continue
    const job = jobs.get(event.args.lease)
    if (!job) continue
    if (event.contract === 'jobs') await step(facts, judge, job, event)
    if (event.name === 'LeaseSettled') job.gross = event.args.paid + event.args.fee
    if (event.name === 'LeaseEnded') end(facts, judge, job, event)
  }
  judgeStates(facts, judge, jobs)
  judgeCharges(facts, books, judge)
  return judge.findings
}

function newJob(lease: LeaseBook): JobBook {
  return {
    ...{ lease, state: 'none', terms: undefined, since: 0, challenged: false, drawn: [] },
    ...{ commitment: '0x', anchor: 0, gross: undefined },
  }
}

async function step(facts: ChainFacts, judge: Judge, job: JobBook, event: JobEvent): Promise<void> {
  const { at } = event
  const where = { lease: job.lease.lease, block: at.block, tx: at.tx }
  const from = (...allowed: JobStateName[]) =>
    judge.holds(allowed.includes(job.state), `${event.name} while the job is ${job.state}`, where)
  const enter = (state: JobStateName) => Object.assign(job, { state, since: at.time })
  switch (event.name) {
    case 'JobBegun': {
      from('none')
      job.terms = event.args.jobTerms
      const hash = digestOf(facts.place, 'JobTerms', event.args.jobTerms)
      judge.same('the terms of a job that began', job.lease.terms.jobTerms, hash, where)
      judge.holds(at.time < deadlineOf(job), `begun at ${at.time}, after its deadline`, where)
      return void enter('begun')
    }
    case 'JobSubmitted':
      from('begun')
      judge.holds(at.time < deadlineOf(job), `submitted at ${at.time}, after its deadline ${deadlineOf(job)}`, where)
      Object.assign(job, { commitment: event.args.resultRoot, anchor: event.args.anchor })
      return void enter('submitted')
    case 'JobReanchored':
      from('submitted', 'recalled')
      job.anchor = event.args.anchor
      return
    case 'JobDrawn':
      from('submitted', 'recalled')
      judgeDraw(facts, judge, job, event)
      Object.assign(job, { drawn: event.args.validators, commitment: event.args.seed })
      return void enter(job.state === 'submitted' ? 'drawn' : 'redrawn')
    case 'JobChallenged': {
      from('drawn')
      const tasks = keccak256(concatHex(event.args.tasks.map((task) => toHex(task, { size: 32 }))))
      judge.same('the seed after a challenge', seedOf(job.commitment, tasks), event.args.seed, where)
      Object.assign(job, { challenged: true, commitment: event.args.seed })
      return
    }
    case 'JobRecalled':
      from('drawn')
      job.anchor = event.args.anchor
      return void enter('recalled')
    case 'JobJudged':
      from('drawn', 'redrawn')
      return judgeVerdict(facts, judge, job, event)
  }
}

const seedOf = (commitment: Hex, hash: Hex) =>
  keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [commitment, hash]))

const deadlineOf = ({ lease, terms }: JobBook) => lease.terms.start + (terms?.deadlineSeconds ?? 0)

function judgeDraw(facts: ChainFacts, judge: Judge, job: JobBook, { args, at }: EventOf<'jobs', 'JobDrawn'>): void {
  const where = { lease: args.lease, block: at.block, tx: at.tx }
  const anchor = facts.blockHashes.get(job.anchor)
  judge.holds(anchor !== undefined && at.block > job.anchor, `drawn in block ${at.block} by block ${job.anchor}`, where)
  judge.same('the seed of a draw', seedOf(job.commitment, anchor ?? '0x'), args.seed, where)
  const wanted = job.terms?.validators ?? 0
  judge.same(
    'validators drawn',
    drawLot(facts, at, { seed: args.seed, wanted, former: job.drawn }),
    args.validators,
    where,
  )
}

async function judgeVerdict(
  facts: ChainFacts,
  judge: Judge,
  job: JobBook,
  event: EventOf<'jobs', 'JobJudged'>,
): Promise<void> {
  const { args, at } = event
  const where = { lease: args.lease, block: at.block, tx: at.tx }
  const call = (facts.calls.get(at.tx) ?? []).find(({ name }) => name === 'resolve')
  if (call?.name !== 'resolve') return judge.holds(false, 'a verdict by no call that brings one', where)
  const [, , passed, , signers, signatures] = call.args
  const { commitment: seed } = job
  const verdict = { jobs: facts.place.contracts.jobs, lease: args.lease, seed, passed }
  const digest = digestOf(facts.place, 'Verdict', verdict)
  const signed = await Promise.all(
    signers.map(async (signer, index) => {
      const validator = job.drawn[signer]
      return validator !== undefined && (await isSignedBy(validator, digest, signatures[index] ?? '0x'))
    }),
  )
  judge.same('what the signed verdict says', passed, args.passed, where)
  judge.holds(signed.every(Boolean), 'a verdict that not all its signers signed', where)
  judge.holds(
    2 * new Set(signers).size > job.drawn.length,
    `${signers.length} of ${job.drawn.length} made a verdict`,
    where,
  )
  const mayChallenge = passed && job.state === 'drawn' && !job.challenged
  const from = job.since + facts.rules.jobs.challengeSeconds
  judge.holds(!mayChallenge || at.time >= from, `a good verdict counted at ${at.time}, before ${from}`, where)
}

/** What the end of a job has to pay: to its provider before the fee, and from what was charged to others. */
type Due = { gross: bigint; given: Map<Address, bigint> }

function end(facts: ChainFacts, judge: Judge, job: JobBook, event: Ended): void {
  const where = { lease: event.args.lease, block: event.at.block, tx: event.at.tx }
  const told = facts.events.filter(({ at }) => at.tx === event.at.tx)
  const due = dueAt(facts, job, event, told)
  judge.same(`what a job ended for reason ${event.args.reason} pays`, due.gross, job.gross ?? 0n, where)
  const given = new Map<Address, bigint>()
  for (const other of told) {
    if (other.name !== 'Given' || other.args.from !== facts.place.contracts.jobs) continue
    given.set(other.args.to, (given.get(other.args.to) ?? 0n) + other.args.amount)
  }
  judge.same('what its verify fee became', shares(due.given), shares(given), where)
  job.state = 'ended'
}

const shares = (given: Map<Address, bigint>) => [...given].filter(([, amount]) => amount !== 0n).sort()

function dueAt(facts: ChainFacts, job: JobBook, { args, at }: Ended, told: readonly MarketEvent[]): Due {
  const { lease, drawn, terms } = job
  const price = lease.deposited
  const fee = terms?.verifyFee ?? 0n
  const charged = job.state === 'none' ? 0n : job.challenged ? 2n * fee : fee
  const all = (1n << BigInt(drawn.length)) - 1n
  const back = { gross: 0n, given: sharesOf(job, charged, 0n) }
  switch (args.reason) {
    case reasons.closedByTenant:
      return { ...back, gross: job.state === 'none' ? 0n : least(terms?.cancelFee ?? 0n, price) }
    case reasons.jobAccepted: {
      const judged = job.state === 'drawn' || job.state === 'redrawn'
      return { gross: price, given: sharesOf(job, charged, judged ? all : 0n) }
    }
    case reasons.jobVerdict: {
      const judged = told.find(({ name }) => name === 'JobJudged')
      const { passed, signers } = judged?.name === 'JobJudged' ? judged.args : { passed: false, signers: 0n }
      return passed
        ? { gross: price, given: sharesOf(job, charged, signers) }
        : { gross: 0n, given: sharesOf(job, fee, signers, charged - fee) }
    }
    default:
      return told.some(({ name }) => name === 'JobSplit')
        ? { ...back, gross: (price * splitAt(facts, at.block)) / wholeBps }
        : back
  }
}

/** Each signer's part of what was charged; the tenant has the rest, and `beside`. */
function sharesOf({ lease, drawn }: JobBook, amount: bigint, signers: bigint, beside = 0n): Map<Address, bigint> {
  const part = drawn.length === 0 ? 0n : amount / BigInt(drawn.length)
  const given = new Map<Address, bigint>()
  const add = (to: Address, more: bigint) => given.set(to, (given.get(to) ?? 0n) + more)
  const signed = drawn.filter((_, index) => (signers >> BigInt(index)) & 1n)
  for (const validator of signed) add(validator, part)
  add(lease.terms.tenant, amount - part * BigInt(signed.length) + beside)
  return given
}

/** What the provider of an undecided job gets of its price: half, unless governance changed it. */
function splitAt(facts: ChainFacts, block: number): bigint {
  const changes = facts.events.flatMap((event) =>
    event.name === 'SplitChanged' && event.at.block <= block ? [event.args.splitBps] : [],
  )
  return BigInt(changes.at(-1) ?? 5_000)
}

function judgeStates({ state, last }: ChainFacts, judge: Judge, jobs: ReadonlyMap<Hex, JobBook>): void {
  for (const [lease, job] of jobs) {
    const told = state.jobs.get(lease)
    const where = { lease, block: last.block }
    // Cancelled or expired before it began: the contract remembers that as every other end.
    judge.same('the state of a job', job.state, states[told?.state ?? 0], where)
    judge.same('whether a job that ended holds nothing', job.state === 'ended', job.lease.resolved, where)
  }
}

/** What the contract of jobs has is what jobs were charged that have not ended, exactly. */
function judgeCharges({ state, place, last }: ChainFacts, { leases }: EscrowBooks, judge: Judge): void {
  for (const token of state.tokens.keys()) {
    const charged = [...leases.values()].filter(({ terms }) => terms.asset === token).map(({ charged: each }) => each)
    const due = charged.reduce((sum, each) => sum + each, 0n)
    const has = state.balances.get(`${place.contracts.jobs}/${token}`) ?? 0n
    judge.same('fees and bonds of jobs that have not ended', due, has, {
      account: place.contracts.jobs,
      block: last.block,
    })
  }
}
