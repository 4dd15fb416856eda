import { evidenceHash } from '@tender/network'
import { leaseId as leaseIdOf } from '@tender/protocol'
import { isUnproven } from '../reports/createReports.ts'
import type { Backoff } from './backoff.ts'
import type { MoneyStep } from './decide.ts'
import { gatherEvidence, newEvidence } from './evidence.ts'
import type { KeeperOptions } from './keeperOptions.ts'
import type { LeaveReason } from './leaseMarket.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import type { WorkloadWatch } from './watchWorkloads.ts'

export type MoneySteps = {
  /** Settles leases by time, at most `MAX_SETTLE_BATCH` of them. */
  settle(batch: readonly LeaseRecord[], signal: AbortSignal): Promise<void>
  /** Settles as many leases with what the same report says of them. */
  settleServed(era: bigint, batch: readonly LeaseRecord[], signal: AbortSignal): Promise<void>
  /** Any other step, for one lease. */
  perform(record: LeaseRecord, step: MoneyStep, signal: AbortSignal): Promise<void>
}

type Helpers = { backoff: Backoff; watch: Pick<WorkloadWatch, 'lastSeen'> }

export function createMoneySteps(options: KeeperOptions, { backoff, watch }: Helpers): MoneySteps {
  const { leases, market, reporting, log } = options

  /** Asks the chain afterwards, after a failure too: what somebody else has done meanwhile is not tried again. */
  async function onChain(
    records: readonly LeaseRecord[],
    signal: AbortSignal,
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await act()
    } finally {
      await Promise.all(records.map(({ leaseId }) => leases.refresh(leaseId, signal)))
    }
  }

  /** A word that the chain does not know, since it took a report back, is forgotten, to be learnt anew. */
  async function byReport(
    records: readonly LeaseRecord[],
    signal: AbortSignal,
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await onChain(records, signal, act)
    } catch (error) {
      if (isUnproven(error)) for (const { leaseId } of records) leases.update(leaseId, { reported: undefined })
      throw error
    }
  }

  /** The evidence is kept before its hash is on the chain, and stays the same however often this is tried. */
  async function leave(record: LeaseRecord, because: LeaveReason, signal: AbortSignal): Promise<void> {
    const { leaseId, terms, handle, manifest } = record
    const reason = because === 'interrupted' ? (record.interrupt?.because ?? because) : whyNot(record)
    const driver = manifest && options.driverFor(manifest.brief.driver)
    const facts = { record: { leaseId, handle }, reason, endedAt: options.nowSeconds() }
    const gathered = record.evidence ?? (await gatherEvidence(facts, driver, signal))
    const { evidence = gathered } = newEvidence(leases.get(leaseId), gathered)
    leases.update(leaseId, { evidence, evidenceSent: true, ...(because !== 'interrupted' && { reason }) })
    log.warn({ leaseId, because, reason }, because === 'interrupted' ? 'interrupting' : 'abandoning')
    await onChain([record], signal, () => market.abandon(terms, because, evidenceHash(evidence), signal))
  }

  /** Why nothing came up within the start window. */
  function whyNot({ leaseId, phase, reason }: LeaseRecord): string {
    if (reason !== undefined) return reason
    if (phase === 'opened') return 'the manifest never came'
    const [trouble] = backoff.troubles(leaseId)
    const seen = watch.lastSeen(leaseId)
    return `it did not come up within the start window: ${trouble ?? seen ?? 'it was still being started'}`
  }

  return {
    settle: (batch, signal) =>
      onChain(batch, signal, () =>
        market.settle(
          batch.map(({ terms }) => terms),
          signal,
        ),
      ),
    async settleServed(era, batch, signal) {
      // One that was told otherwise meanwhile is settled another time.
      const served = batch.flatMap(({ terms, reported }) => (reported?.era === era ? { terms, ...reported } : []))
      if (served.length === 0) return
      await byReport(batch, signal, () => market.settleServed(era, served, signal))
      log.info({ era, leases: served.map(({ terms }) => leaseIdOf(terms)) }, 'settled by a report')
    },
    async perform(record, step, signal) {
      const { terms, extend, reported } = record
      switch (step.do) {
        case 'fallBack': {
          const last = reporting().coveredUntil > terms.start ? reported : undefined
          await byReport([record], signal, () => market.fallBack(terms, last, signal))
          return log.warn({ leaseId: record.leaseId }, 'reports do not come: settled by time from now on')
        }
        case 'release':
          return onChain([record], signal, () => market.release(terms, signal))
        case 'abandon':
          return leave(record, step.because, signal)
        case 'interrupt':
          return leave(record, 'interrupted', signal)
        case 'extend': {
          if (!extend) return
          const { permission, signature } = extend
          await onChain([record], signal, () => market.extend(terms, step.newEnd, { permission, signature }, signal))
          log.info({ leaseId: record.leaseId, newEnd: step.newEnd }, 'prolonged')
        }
      }
    },
  }
}
