import { join } from 'node:path'
import { type BlockMeter, type ContentStore, createBlockMeter, openContentStore } from '@tender/content'
import type { Lifecycle, Store } from '@tender/kit'
import { type Terms, taskRecordSchema } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import { chainJobs } from './chainJobs.ts'
import { createJobBook, type JobBook } from './jobBook.ts'
import type { JobMarket } from './jobMarket.ts'
import { type JobPlaces, openJobPlaces } from './jobPlaces.ts'
import { jobRecordSchema } from './jobRecord.ts'

/** What a provider remembers and keeps of jobs, and what it asks the chain. */
export type JobParts = {
  jobs: JobBook
  jobMarket: JobMarket
  content: ContentStore
  /** Of what is fetched into `content`, and given from it. */
  blockMeter: BlockMeter
  jobPlaces: JobPlaces
}

export type OpenJobsOptions = {
  stateDir: string
  store: Store
  client: MarketClient
  /** Of the content store. */
  maxBytes: number
  earned(terms: Terms, amount: bigint): void
  nowSeconds(): number
}

/** Opens what was kept of jobs. @throws {TenderError} `storeInUse`; {CorruptStateError} */
export async function openJobs(options: OpenJobsOptions, life: Lifecycle): Promise<JobParts> {
  const { stateDir, store, client, maxBytes, earned, nowSeconds } = options
  const content = await life.start(
    'content',
    () => openContentStore(join(stateDir, 'content'), { bytes: maxBytes }),
    (opened) => opened.close(),
  )
  const jobMarket = chainJobs(client)
  const stores = {
    live: store.collection('jobs', jobRecordSchema),
    ended: store.collection('endedJobs', jobRecordSchema),
    tasks: store.collection('jobTasks', taskRecordSchema),
    transaction: store.transaction,
  }
  const jobs = createJobBook(stores, jobMarket, { nowSeconds, earned })
  return { jobs, jobMarket, content, blockMeter: createBlockMeter(), jobPlaces: openJobPlaces(join(stateDir, 'jobs')) }
}

/** Graphics cards that jobs have, by the driver's names. */
export function cardsOfJobs(jobs: Pick<JobBook, 'live'>): readonly string[] {
  return jobs.live().flatMap(({ chain, gpus }) => (chain.state === 'ended' ? [] : (gpus ?? [])))
}

/** Graphics cards of a class that jobs have, or will have once they begin: a unit is a card. */
export function unitsOfJobs(jobs: Pick<JobBook, 'live'>, resource: Hex): number {
  const running = jobs.live().filter(({ terms, chain }) => terms.resource === resource && chain.state !== 'ended')
  return running.reduce((sum, { terms }) => sum + terms.units, 0)
}
