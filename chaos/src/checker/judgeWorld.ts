import type { Finding } from '../finding.ts'
import type { EscrowBooks } from './escrowBooks.ts'
import type { ChainFacts } from './facts.ts'
import { createJudge } from './judge.ts'
import { isJob, type LeaseBook, stopOf } from './leaseBook.ts'
import type { WorldFacts } from './worldFacts.ts'

/** What a provider that is up needs to start what the chain says, or to stop it. */
const SLACK_SECONDS = 90
/** Phases in which a workload rightly does not run: its command ended, or it says why it cannot. */
const endedPhases = ['completed', 'failed', 'stopped', 'retired']

/**
 * What runs against what the chain says: no workload without a running lease, no running lease without a workload or a recorded
 * reason, no lost lease and no lost result.
 */
export function judgeWorld(facts: ChainFacts, { leases }: Pick<EscrowBooks, 'leases'>, world: WorldFacts): Finding[] {
  return [
    ...judgeWorkloads(facts, leases, world),
    ...judgeLeases(facts, leases, world),
    ...judgeGone(world),
    ...judgeResults(world),
    ...judgeToldLeases(leases, world),
  ]
}

type Leases = EscrowBooks['leases']

function judgeWorkloads({ last }: ChainFacts, leases: Leases, { workloads }: WorldFacts): Finding[] {
  const judge = createJudge('workloadWithoutLease')
  for (const { lease, provider, pid } of workloads) {
    const book = leases.get(lease)
    const where = { lease, provider, block: last.block }
    const what = `process ${pid} runs`
    judge.holds(book !== undefined, `${what} for a lease that the chain does not have`, where)
    if (!book) continue
    judge.same(`whose provider's ${what}`, book.terms.provider, provider, where)
    const stop = isJob(book) ? (book.closedAt === 0 ? Number.POSITIVE_INFINITY : book.closedAt) : stopOf(book)
    judge.holds(last.time <= stop + SLACK_SECONDS, `${what} at ${last.time} for a lease that ended at ${stop}`, where)
  }
  return judge.findings
}

function judgeLeases({ last }: ChainFacts, leases: Leases, { workloads, records }: WorldFacts): Finding[] {
  const judge = createJudge('leaseWithoutWorkload')
  for (const book of leases.values()) {
    if (isJob(book) || !isRunning(book, last.time)) continue
    const { lease, terms } = book
    const where = { lease, provider: terms.provider, block: last.block }
    const record = records.get(lease)
    const runs = workloads.some((each) => each.lease === lease)
    const explained = record?.reason !== undefined && endedPhases.includes(record.phase)
    const said = record ? `its provider has it as ${record.phase}` : 'its provider has no record of it'
    judge.holds(runs || explained, `a running lease without a workload and without a reason: ${said}`, where)
  }
  return judge.findings
}

/** Between the first moment at which its workload should be up, and its stop. */
function isRunning(book: LeaseBook, now: number): boolean {
  const from = book.terms.start + Math.max(book.terms.startWindow, SLACK_SECONDS)
  return !book.resolved && now > from && now < stopOf(book)
}

/** Workloads outlive whatever happens to their provider's process: nothing here ends one but its lease, and itself. */
function judgeGone({ gone }: WorldFacts): Finding[] {
  const judge = createJudge('lostWorkload')
  for (const { lease, provider } of gone) judge.holds(false, 'a workload was gone without a word', { lease, provider })
  return judge.findings
}

function judgeResults({ results, toldResults }: WorldFacts): Finding[] {
  const judge = createJudge('lostResult')
  for (const [lease, { outputs, tasks, submitted, faults, trouble }] of results) {
    judge.holds(trouble === undefined, `a submitted result cannot be had: ${trouble}`, { lease })
    if (trouble !== undefined) continue
    judge.same('tasks whose output is there', tasks, outputs, { lease })
    judge.holds(submitted, 'what is there is not what was submitted', { lease })
    judge.holds(faults.length === 0, `a result with faults: ${faults.join('; ')}`, { lease })
  }
  for (const { tenant, folder, files } of toldResults) {
    judge.holds(files > 0, `${tenant} was told that its results are in ${folder}, which is empty`, {})
  }
  return judge.findings
}

/** A lease that a command told of is in the chain, unless that command had begun before a reorganisation took it back. */
function judgeToldLeases(leases: Leases, { toldLeases, takenBack }: WorldFacts): Finding[] {
  const judge = createJudge('lostLease')
  for (const { tenant, lease, at } of toldLeases) {
    const wasTaken = takenBack.some((taken) => taken.lease === lease && at <= taken.at)
    const message = `${tenant} was told of a lease that the chain does not have`
    judge.holds(leases.has(lease) || wasTaken, message, { lease })
  }
  return judge.findings
}
