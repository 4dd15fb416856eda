import { failureClass, progressRoot, resourceName, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { reasonOf } from '../leases/keeperOptions.ts'
import type { JobStep } from './decideJob.ts'
import { fetchBundle } from './fetchBundle.ts'
import { type JobKeeperOptions, orderedOf, pinOf, taskDriverOf } from './jobKeeperOptions.ts'
import type { JobReference } from './jobMarket.ts'
import type { JobPeers } from './jobPeers.ts'
import { type JobRecord, tasksOf } from './jobRecord.ts'
import { publishResult } from './publishResult.ts'

/** What a keeper makes; tasks are run beside it. */
export type MadeStep = Exclude<JobStep, { do: 'run' | 'wait' | 'nothing' }>

/** Brings a job one idempotent step further. The chain is asked again before a transaction: what was done meanwhile is not sent. */
export function createJobSteps(options: JobKeeperOptions, peers: JobPeers) {
  const { jobs, market, content, places, nowSeconds, log } = options

  /** What cannot become right by itself ends the job here; anything else is tried again. */
  async function bring(record: JobRecord, signal: AbortSignal): Promise<void> {
    const ordered = orderedOf(record)
    try {
      taskDriverOf(options, ordered)
      await fetchBundle(options, ordered, peers, signal)
      jobs.update(record.leaseId, { bundled: true })
      log.info({ leaseId: record.leaseId }, 'the bundle of a job is here')
    } catch (error) {
      if (signal.aborted || !(error instanceof TenderError) || failureClass(error) !== 'user') throw error
      log.warn({ leaseId: record.leaseId, error }, 'a job cannot be run')
      jobs.update(record.leaseId, { failed: reasonOf(error) })
    }
  }

  /** Cards stay its own until it is over. */
  async function takeCards(record: JobRecord, signal: AbortSignal): Promise<void> {
    const { leaseId, terms, gpus } = record
    const ordered = orderedOf(record)
    if (ordered.manifest.brief.gpu === undefined || gpus) return
    const resource = resourceName(terms.resource)
    const host = await taskDriverOf(options, ordered).probe(signal)
    const taken = new Set([...options.cardsTaken(), ...jobs.live().flatMap((other) => other.gpus ?? [])])
    const cards = host.healthy ? (host.gpus ?? []) : []
    const free = cards.filter((card) => card.resource === resource && !taken.has(card.id)).map(({ id }) => id)
    if (free.length < terms.units) {
      throw new TenderError(`no card of ${resource} is free`, { code: 'noFreeGpu', class: 'provider' })
    }
    jobs.update(leaseId, { gpus: free.slice(0, terms.units) })
  }

  /** Sends what is still to be sent, and looks what came of it, after a failure too. */
  async function onChain(
    record: JobRecord,
    step: MadeStep['do'],
    signal: AbortSignal,
    send: (job: JobReference) => Promise<void>,
  ): Promise<void> {
    const { leaseId, terms, jobTerms } = record
    if (!jobTerms) return
    await jobs.refresh(leaseId, signal)
    if (jobs.get(leaseId)?.chain.state !== record.chain.state) return
    try {
      await send({ terms, jobTerms })
      log.info({ leaseId, step }, 'a step of a job is on the chain')
    } finally {
      await jobs.refresh(leaseId, signal)
    }
  }

  async function progress(record: JobRecord, signal: AbortSignal): Promise<void> {
    const marks = jobs.marks(record.leaseId)
    const covered = { tasks: marks.length, at: nowSeconds() }
    await onChain(record, 'progress', signal, (job) => market.progress(job, progressRoot(marks), signal))
    jobs.update(record.leaseId, { progress: covered })
  }

  async function recordAnew(record: JobRecord, signal: AbortSignal): Promise<void> {
    await jobs.refresh(record.leaseId, signal)
    const begun = jobs.get(record.leaseId)?.chain.begun
    if (!begun) return
    jobs.recordAnew(record.leaseId, await market.recentBlock(begun, signal))
    log.warn({ leaseId: record.leaseId }, 'the chain rolled back: finished tasks were recorded anew')
  }

  async function tidy({ leaseId, ...record }: JobRecord, signal: AbortSignal): Promise<void> {
    const outputs = tasksOf({ leaseId, ...record }).map((task) => pinOf.task(leaseId, task))
    content.unpin([pinOf.bundle(leaseId), pinOf.result(leaseId), ...outputs])
    await places.drop(leaseId)
    await content.collectGarbage(signal)
    jobs.update(leaseId, { tidied: true, gpus: undefined })
    log.info({ leaseId }, 'a job was tidied away')
  }

  return async function perform(record: JobRecord, step: MadeStep, signal: AbortSignal): Promise<void> {
    const act = (send: (job: JobReference) => Promise<void>) => onChain(record, step.do, signal, send)
    switch (step.do) {
      case 'fetchBundle':
        return bring(record, signal)
      case 'begin':
        await takeCards(record, signal)
        return act((job) => market.begin(job, signal))
      case 'recordAnew':
        return recordAnew(record, signal)
      case 'progress':
        return progress(record, signal)
      case 'publish':
        return publishResult(options, record, signal)
      case 'submit': {
        const { result } = record
        return act(async (job) => result && market.submit(job, result, signal))
      }
      case 'resolve':
        return act(async (job) => {
          const seed: Hex = record.chain.commitment
          await market.resolve(job, await peers.verdicts(job.terms, seed, signal), signal)
        })
      case 'draw':
      case 'reanchor':
      case 'redraw':
      case 'split':
      case 'expire':
        return act((job) => market[step.do](job, signal))
      case 'tidy':
        return tidy(record, signal)
    }
  }
}
