import type { ContentStore } from '@tender/content'
import { type Driver, isTaskDriver, type TaskDriver } from '@tender/driver'
import type { Logger } from '@tender/kit'
import { type JobTerms, type Manifest, type Order, TenderError } from '@tender/protocol'
import type { JobPolicy } from './decideJob.ts'
import type { JobBook } from './jobBook.ts'
import type { JobMarket } from './jobMarket.ts'
import type { JobPlaces } from './jobPlaces.ts'
import type { JobRecord } from './jobRecord.ts'

/** What keeping jobs stands on. */
export type JobKeeperOptions = {
  jobs: JobBook
  market: JobMarket
  content: ContentStore
  places: JobPlaces
  /** The driver of a brief's kind; `undefined` if this host has none. */
  driverFor(kind: string): Driver | undefined
  /** Graphics cards that services have, by the driver's names. */
  cardsTaken(): readonly string[]
  policy: JobPolicy
  /** Thousandths of cores that tasks may take, all jobs together. */
  hostCpuMillis: number
  nowSeconds(): number
  log: Logger
}

/** A job whose manifest came: everything that running it needs. */
export type Ordered = JobRecord & { order: Order; jobTerms: JobTerms; manifest: Manifest }

/** @throws {TenderError} `noManifest` if it did not come; a step that needs it is not decided then */
export function orderedOf(record: JobRecord): Ordered {
  const { order, jobTerms, manifest } = record
  if (order && jobTerms && manifest) return { ...record, order, jobTerms, manifest }
  throw new TenderError(`job ${record.leaseId} has no manifest`, { code: 'noManifest', class: 'internal' })
}

/** @throws {TenderError} `noDriver` */
export function taskDriverOf({ driverFor }: Pick<JobKeeperOptions, 'driverFor'>, { manifest }: Ordered): TaskDriver {
  const { driver: kind } = manifest.brief
  const driver = driverFor(kind)
  if (driver && isTaskDriver(driver)) return driver
  throw new TenderError(`this host has no ${kind} driver that runs tasks`, { code: 'noDriver', class: 'user' })
}

/** Names under which a job's content is pinned. */
export const pinOf = {
  bundle: (leaseId: string) => `job:${leaseId}:bundle`,
  task: (leaseId: string, task: number) => `job:${leaseId}:task:${task}`,
  result: (leaseId: string) => `job:${leaseId}:result`,
}
