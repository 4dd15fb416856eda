import { type Driver, describeExit, type ExitReason, type WorkloadStatus } from '@tender/driver'
import type { LeaseEvidence } from '@tender/network'
import type { LeaseRecord } from './leaseRecord.ts'

/** Enough to see what a workload said last, and little enough to keep for good. */
const TAIL_LINES = 50
const LINE_CHARACTERS = 500
const WORDS_CHARACTERS = 1_000

/** A driver that does not answer holds up no end. */
const GATHER_TIMEOUT_MS = 5_000

export type EvidenceFacts = {
  record: Pick<LeaseRecord, 'leaseId' | 'handle'>
  /** One sentence. */
  reason: string
  /** Unix seconds. */
  endedAt: number
  exit?: ExitReason | undefined
  /** Absent: the driver is asked. */
  lastStatus?: string | undefined
}

/** Gathers what explains a lease's end. What the driver cannot say is left out: never rejects but when aborted. */
export async function gatherEvidence(
  { record: { leaseId, handle }, reason, endedAt, exit, lastStatus }: EvidenceFacts,
  driver: Driver | undefined,
  signal: AbortSignal,
): Promise<LeaseEvidence> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(GATHER_TIMEOUT_MS)])
  const logTail: string[] = []
  let status = lastStatus
  try {
    if (driver && handle) {
      status ??= describeStatus(await driver.inspect(handle))
      const lines = driver.logs(handle, { tailLines: TAIL_LINES }, within)
      for await (const { text } of lines) logTail.push(text.toWellFormed().slice(0, LINE_CHARACTERS).toWellFormed())
    }
  } catch {
    signal.throwIfAborted()
  }
  return {
    leaseId,
    reason: words(reason),
    endedAt,
    ...(exit && { exit: words(describeExit(exit)) }),
    ...(status && { lastStatus: words(status) }),
    logTail: logTail.slice(-TAIL_LINES),
  }
}

/** The change that records evidence: what is recorded stays, for its hash may be on the chain. */
export function newEvidence(
  record: Pick<LeaseRecord, 'evidence'> | undefined,
  evidence: LeaseEvidence,
): Pick<LeaseRecord, 'evidence'> {
  return { evidence: record?.evidence ?? evidence }
}

/** Said of a lease that the chain has as ended while the event that says why is still to come. */
const ENDED_EARLY = 'it was ended before its time'

/** Why a lease is over, as far as its record says. */
export function whyOver({ reason, endReason, chain }: Pick<LeaseRecord, 'reason' | 'endReason' | 'chain'>): string {
  return words(reason ?? endReason ?? (chain.endsEarly ? ENDED_EARLY : 'its time is over'))
}

/** The change that records why the chain says that a lease ended; evidence that had to do without is completed. */
export function endedBecause(record: LeaseRecord | undefined, endReason: string) {
  const { evidence, evidenceSent = false } = record ?? {}
  const isOpen = evidence?.reason === ENDED_EARLY && !evidenceSent
  return { endReason, ...(isOpen && { evidence: { ...evidence, reason: words(endReason) } }) }
}

/** A workload's state in words. */
export function describeStatus(status: WorkloadStatus): string {
  if (status.state === 'ended') return describeExit(status.result.reason)
  return status.waitingFor === undefined ? 'running' : `running, waiting: ${status.waitingFor}`
}

function words(text: string): string {
  return text.toWellFormed().slice(0, WORDS_CHARACTERS).toWellFormed()
}
