import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type Collection, openStore, type Store } from '@tender/kit'
import { failureClass, kinds, TenderError } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { factsOf, type LeaseFacts, lowBalanceOf, nowSeconds, type TenantRecords, viewLease } from '@tender/tenant'
import type { Hex } from 'viem'
import { z } from 'zod'
import { marketDirectory } from './home/home.ts'
import { allJobs } from './jobs/findJobs.ts'
import { type JobView, viewJobsOnChain } from './jobs/jobFacts.ts'
import { askWorkloads } from './tenant/agents.ts'
import { dueJobAlarms } from './tenant/jobAlarms.ts'
import { type Alarm, alarmEvents, dueAlarms, type Told } from './tenant/leaseAlarms.ts'
import { postWebhook, type Webhook } from './webhook.ts'

/** An end that nobody watched is not news after this. */
const OLD_SECONDS = 86_400

/** What could not be posted for so long is given up. */
const POST_FOR_SECONDS = 3 * 86_400

const toldSchema = z.strictObject({ end: z.number(), events: z.array(z.enum(alarmEvents)) })
const alarmSchema = z.strictObject({
  event: z.enum(alarmEvents),
  // CAST: written by us from a lease's id
  lease: z.string().transform((id) => id as `0x${string}`),
  name: z.string(),
  message: z.string(),
  end: z.number(),
  at: z.number(),
})

export type WatchOptions = {
  home: string
  /** Name of the market. */
  name: string
  market: MarketClient
  records: TenantRecords
  webhook?: Webhook | undefined
  onAlarm(alarm: Alarm): void
  /** Told what each look found, of leases that are over too. */
  onLook?: ((leases: readonly LeaseFacts[], jobs: readonly JobView[]) => void) | undefined
  /** Told of what could not be looked at or posted this time. */
  onTrouble(message: string): void
}

export type Watch = {
  /** Looks at all leases once, tells what is due, posts what waits. */
  look(signal: AbortSignal): Promise<void>
  close(): void
}

/**
 * Watches this home's leases. What was told is kept before it is told, so that nothing is told twice, however often this is
 * started; what is to be posted is kept until it was.
 *
 * @throws {TenderError} `watchRuns` if another process does it
 */
export function watchOwn({ home, name, ...options }: WatchOptions): Watch {
  const store = openWatchStore(join(marketDirectory(home, name), 'watch.db'))
  const told = store.collection<Told>('told', toldSchema)
  const outbox = store.collection<Alarm>('outbox', alarmSchema)
  return {
    async look(signal) {
      const { market, records, onAlarm } = options
      const services = (await records.leases.all()).filter(({ terms }) => terms.kind === kinds.service)
      const known = await Promise.all(services.map((record) => factsOf(market, record)))
      const jobs = await viewJobsOnChain(market, await allJobs({ market, records }))
      const open = known.filter(({ record, lease }) => lease && !told.get(record.leaseId)?.events.includes('ended'))
      const running = open.flatMap(({ record, lease }) => (lease?.status === 'running' ? [record] : []))
      const workloads = await askWorkloads({ home, market, bootstrap: [] }, records, running, signal)
      for (const facts of open) {
        const workload = workloads.get(facts.record.leaseId)
        for (const alarm of await alarmsOf({ ...facts, workload }, { store, told, outbox }, options)) onAlarm(alarm)
      }
      for (const view of jobs) for (const alarm of alarmsOfJob(view, { store, told, outbox }, options)) onAlarm(alarm)
      const looked = known.map((facts) => ({ ...facts, workload: workloads.get(facts.record.leaseId) }))
      options.onLook?.(looked, jobs)
      await postAll(outbox, options, signal)
    },
    close: () => store.close(),
  }
}

function openWatchStore(file: string): Store {
  try {
    return openStore({ file })
  } catch (cause) {
    if (!(cause instanceof TenderError) || cause.code !== 'storeInUse') throw cause
    throw new TenderError('another `tender watch` of this market runs', { code: 'watchRuns', class: 'conflict', cause })
  }
}

type Kept = { store: Store; told: Collection<Told>; outbox: Collection<Alarm> }

async function alarmsOf(
  facts: LeaseFacts,
  { store, told, outbox }: Kept,
  { market, webhook }: Pick<WatchOptions, 'market' | 'webhook'>,
): Promise<readonly Alarm[]> {
  const { record, lease } = facts
  if (!lease) return []
  const now = Math.max(nowSeconds(), lease.timestamp)
  const before = told.get(record.leaseId)
  const lowBalance = await lowBalanceOf(market, record, lease)
  const next = dueAlarms({ view: viewLease(facts), lowBalance, now }, before)
  const isNews = before !== undefined || lease.stop > now - OLD_SECONDS
  const due = isNews ? next.due : []
  keepTold(record.leaseId, { due, told: next.told }, { store, told, outbox }, webhook)
  return due
}

function alarmsOfJob(view: JobView, kept: Kept, { webhook }: Pick<WatchOptions, 'webhook'>): readonly Alarm[] {
  if (view.state === 'unknown') return []
  const now = nowSeconds()
  const before = kept.told.get(view.leaseId)
  const next = dueJobAlarms(view, now, before)
  const isNews = before !== undefined || view.deadline > now - OLD_SECONDS
  const due = isNews ? next.due : []
  keepTold(view.leaseId, { due, told: next.told }, kept, webhook)
  return due
}

/** Before it is told: what was told is never told twice. */
function keepTold(
  lease: Hex,
  { due, told: events }: { due: readonly Alarm[]; told: Told },
  { store, told, outbox }: Kept,
  webhook: Webhook | undefined,
): void {
  store.transaction(() => {
    told.set(lease, events)
    if (webhook) for (const alarm of due) outbox.set(`${alarm.at}-${randomUUID()}`, alarm)
  })
}

/** The oldest first. One that cannot be posted now waits for the next look, and the others with it. */
async function postAll(
  outbox: Collection<Alarm>,
  { webhook, onTrouble }: Pick<WatchOptions, 'webhook' | 'onTrouble'>,
  signal: AbortSignal,
): Promise<void> {
  if (!webhook) return
  for (const { key, value } of outbox.entries()) {
    try {
      await postWebhook(webhook, { id: key, body: value }, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (failureClass(error) === 'internal') throw error
      onTrouble(error instanceof Error ? error.message : String(error))
      if (failureClass(error) === 'network' && value.at > nowSeconds() - POST_FOR_SECONDS) return
    }
    outbox.delete(key)
  }
}
