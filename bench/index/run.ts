/**
 * One backfill, in a process of its own so that its time and memory are its own: `node run.ts '<IndexJob>'`. Prints an `IndexRun`.
 */
import { createIndexer, openStore } from '@tender/gateway'
import { createLog } from '@tender/kit'
import { createMarketClient, parseAddressBook } from '@tender/sdk'

export type IndexJob = {
  url: string
  book: unknown
  /** The last block that something happens in. */
  head: number
  databaseUrl?: string | undefined
  directory?: string | undefined
}

export type IndexRun = {
  database: string
  events: number
  /** By the clock: of the whole backfill, and of this process's processor. */
  seconds: number
  processorSeconds: number
  peakBytes: number
}

// CAST: whoever starts this writes it
const job = JSON.parse(process.argv[2] ?? '{}') as IndexJob
const log = createLog({ name: 'bench', level: 'warn' })
const { databaseUrl, directory } = job
const store = await openStore({ databaseUrl, directory, log })
const client = await createMarketClient({ rpcUrl: job.url, book: parseAddressBook(job.book) })
const indexer = createIndexer({ client, store, log })

const aborting = new AbortController()
const startedMs = performance.now()
const before = process.cpuUsage()
const running = indexer.run(aborting.signal)
await Promise.race([indexer.reached(job.head, aborting.signal), running])
const seconds = (performance.now() - startedMs) / 1000
const { user, system } = process.cpuUsage(before)
aborting.abort()
await running
await store.close()
const run: IndexRun = {
  database: store.kind,
  events: indexer.status().events,
  seconds,
  processorSeconds: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
}
console.log(JSON.stringify(run))
