import { computeUnits, type Manifest, TenderError } from '@tender/protocol'
import type { LeaseChange } from './leaseBook.ts'
import type { LeasePhase, LeaseRecord, SealedSecrets, Version } from './leaseRecord.ts'
import { checkAgainstBrief } from './workload.ts'

export type DeliveredManifest = { manifest: Manifest; revision: number; secrets: SealedSecrets }

const over: ReadonlySet<LeasePhase> = new Set(['stopped', 'retired', 'destroyed'])

/**
 * What a manifest that came means for its lease: the ordered one (revision 0) starts it, a later one is an update. `undefined`
 * if it is known already. Pure.
 *
 * @throws {TenderError} `manifestExceedsBrief`, `promisedPortMissing`, `updateExceedsOrder` (order anew), `leaseOver`, `notStarted`,
 * `staleRevision`, `updateRunning`
 */
export function acceptManifest(
  record: LeaseRecord,
  delivered: DeliveredManifest,
  nowSeconds: number,
): LeaseChange | undefined {
  const { manifest, revision, secrets } = delivered
  checkAgainstBrief(manifest)
  checkAgainstPromise(record, manifest)
  if (revision === 0) {
    if (record.phase !== 'opened') return undefined
    return { phase: 'accepted', manifest, secrets, revision, ordered: manifest.brief }
  }
  if (over.has(record.phase) || record.chain.stop <= nowSeconds) throw conflict('leaseOver', 'the lease is over')
  if (!record.manifest) {
    throw conflict('notStarted', 'the lease waits for the manifest that was ordered', 'Send that one first.')
  }
  const current = Math.max(record.revision ?? 0, record.update?.revision ?? 0, record.pending?.revision ?? 0)
  if (revision === record.revision || revision === record.pending?.revision) return undefined
  if (revision <= current) {
    const hint = `Send it with a revision above ${current}.`
    throw conflict('staleRevision', `revision ${current} came already`, hint, { current })
  }
  if (record.update?.state === 'running') {
    throw conflict('updateRunning', 'another update is being put in place', 'Try again once it is done.')
  }
  checkAgainstOrder(record, record.ordered ?? record.manifest.brief, manifest)
  const pending: Version = { manifest, revision, secrets }
  return { pending }
}

/**
 * Monitors visit what the ordered brief promised to visitors, whatever runs: without this a tenant could order a port, serve nothing
 * there, and be paid for it.
 */
function checkAgainstPromise(record: LeaseRecord, { brief, services }: Manifest): void {
  const { terms, ordered = record.manifest?.brief ?? brief } = record
  const promised = visitedProtocol(ordered.ports)
  if (terms.uptimeBps === 0 || promised === undefined) return
  const served = visitedProtocol(services.flatMap(({ ports }) => ports))
  if (served === promised) return
  throw new TenderError(`a monitored lease that was ordered with a port for ${promised} must keep serving one`, {
    code: 'promisedPortMissing',
    class: 'user',
    hint: 'Order anew without the port, or without a promise of uptime.',
    data: { promised, served: served ?? 'none' },
  })
}

function visitedProtocol(ports: Manifest['brief']['ports']): 'http' | 'tls' | undefined {
  return (['http', 'tls'] as const).find((wanted) => ports.some(({ protocol }) => protocol === wanted))
}

/** An update may change everything but what was sold: driver, class, units, network and whose volumes it has. */
function checkAgainstOrder({ terms }: LeaseRecord, ordered: Manifest['brief'], { brief }: Manifest): void {
  for (const key of ['driver', 'resource', 'gpu', 'network'] as const) {
    if (brief[key] !== ordered[key]) throw exceeds(key, brief[key] ?? 'none', ordered[key] ?? 'none')
  }
  if (brief.volumesOf !== undefined && brief.volumesOf !== ordered.volumesOf) {
    throw exceeds('volumesOf', brief.volumesOf, ordered.volumesOf ?? 'none')
  }
  if (brief.resource === 'cu') {
    // All that its units hold is paid for, whatever the ordered version needed of it.
    const { units } = computeUnits(brief)
    if (units > terms.units) throw exceeds('units', units, terms.units)
    return
  }
  for (const key of ['cpuMillis', 'memoryBytes', 'diskBytes'] as const) {
    if (brief[key] > ordered[key]) throw exceeds(key, brief[key], ordered[key])
  }
}

function exceeds(what: string, asked: string | number, possible: string | number): TenderError {
  return new TenderError(`the update asks for another ${what} than was ordered: ${asked} instead of ${possible}`, {
    code: 'updateExceedsOrder',
    class: 'user',
    hint: 'Order anew, with the running lease as the previous one.',
    data: { what, asked, possible },
  })
}

function conflict(code: string, message: string, hint?: string, data?: Record<string, unknown>): TenderError {
  return new TenderError(message, { code, class: 'conflict', hint, data })
}
