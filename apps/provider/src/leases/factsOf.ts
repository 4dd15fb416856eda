import type { LeaseFacts, ReportingFacts } from './decide.ts'
import { extendFacts } from './keepExtend.ts'
import type { LeaseBook } from './leaseBook.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { waitsForVolumes } from './volumes.ts'

/** What is decided from, out of a lease's record and those of its neighbours. Pure. */
export function factsOf(
  record: LeaseRecord,
  { leases, reporting, nowSeconds }: { leases: Pick<LeaseBook, 'get'>; reporting: ReportingFacts; nowSeconds: number },
): LeaseFacts {
  const { phase, chain, readyAt, pending, interrupt, keepsVolumes, reported } = record
  return {
    phase,
    chain,
    ranWell: readyAt !== undefined,
    updates: pending !== undefined,
    waitsForVolumes: phase === 'accepted' && waitsForVolumes(record, leases),
    log: logOf(record),
    hasVolumes: keepsVolumes === true,
    interrupts: interrupt !== undefined,
    extend: extendFacts(record, nowSeconds),
    reported,
    reporting,
  }
}

function logOf({ handle, archive, agentKey }: LeaseRecord): LeaseFacts['log'] {
  if (archive) return 'archived'
  if (!handle) return 'none'
  return agentKey ? 'toArchive' : 'kept'
}
