import { type LiveEvent, plainBigint } from '@tender/api'
import type { Address, Hex } from 'viem'
import { z } from 'zod'
import type { GatewayNetwork } from '../../network/gatewayNetwork.ts'
import type { Change } from '../../store/changeFeed.ts'
import type { Store } from '../../store/openStore.ts'
import { findErasByNumber } from '../queries/eras.ts'
import { findJobsById } from '../queries/jobs.ts'
import { findLeasesById } from '../queries/leases.ts'
import { findMatchesOfLeases } from '../queries/matches.ts'
import { findOrdersByHash } from '../queries/orders.ts'
import { findProvidersById } from '../queries/providers.ts'

/** A change as listeners are told it. */
export type Told = {
  seq: number
  topic: LiveEvent['topic']
  tenant: Address | null
  provider: string | null
  /** As the stream has it. */
  text: string
}

// CAST: the changes table holds what the indexer wrote
const hash = z.string().transform((text) => text as Hex)
const block = z.object({ block: z.coerce.number(), hash, timestamp: z.coerce.number() })
const ofLease = z.object({ lease: hash })
const ofOrder = z.object({ hash })
const ofEra = z.object({ era: z.coerce.number() })

/** Changes as the API's resources, read together: what several changes are about is read once. */
export async function tellChanges(
  changes: readonly Change[],
  { store, network, now }: { store: Store; network: GatewayNetwork | undefined; now(): number },
): Promise<Told[]> {
  const of = (type: Change['type']) => changes.filter((change) => change.type === type).map(({ data }) => data)
  const keys = {
    orders: unique(of('order').map((data) => ofOrder.parse(data).hash)),
    matches: unique(of('match').map((data) => ofLease.parse(data).lease)),
    leases: unique(of('lease').map((data) => ofLease.parse(data).lease)),
    jobs: unique(of('job').map((data) => ofLease.parse(data).lease)),
    eras: unique(of('era').map((data) => ofEra.parse(data).era)),
    providers: unique(
      changes.flatMap(({ type, provider }) => (type === 'provider' && provider ? [`${provider}`] : [])),
    ),
  }
  const found = await store.read(async (db) => ({
    order: await findOrdersByHash(db, keys.orders, now()),
    match: new Map(
      (keys.matches.length > 0 ? await findMatchesOfLeases(db, keys.matches) : []).map((one) => [one.lease, one]),
    ),
    lease: await findLeasesById(db, keys.leases, now()),
    job: await findJobsById(db, keys.jobs),
    era: await findErasByNumber(db, keys.eras, now()),
    provider: await findProvidersById(db, keys.providers, { now: now(), network }),
  }))
  return changes.flatMap((change) => {
    const event = eventOf(change, found)
    return event ? [told(change, event)] : []
  })
}

type Found = {
  order: Awaited<ReturnType<typeof findOrdersByHash>>
  match: Map<Hex, Awaited<ReturnType<typeof findMatchesOfLeases>>[number]>
  lease: Awaited<ReturnType<typeof findLeasesById>>
  job: Awaited<ReturnType<typeof findJobsById>>
  era: Awaited<ReturnType<typeof findErasByNumber>>
  provider: Awaited<ReturnType<typeof findProvidersById>>
}

/** What is gone by now (a block was taken back) is not told: the reorganisation is. */
function eventOf({ type, seq, provider, data }: Change, found: Found): LiveEvent | undefined {
  const id = String(seq)
  switch (type) {
    case 'block': {
      const { block: number, hash, timestamp } = block.parse(data)
      return { topic: 'block', id, data: { number, hash, timestamp } }
    }
    case 'reorg':
      return { topic: 'reset', id, data: { reason: 'reorg' } }
    case 'order':
      return withData('order', id, found.order.get(ofOrder.parse(data).hash))
    case 'match':
      return withData('match', id, found.match.get(ofLease.parse(data).lease))
    case 'lease':
      return withData('lease', id, found.lease.get(ofLease.parse(data).lease))
    case 'job':
      return withData('job', id, found.job.get(ofLease.parse(data).lease))
    case 'era':
      return withData('era', id, found.era.get(ofEra.parse(data).era))
    case 'provider':
      return withData('provider', id, found.provider.get(String(provider)))
  }
}

type Topic = Exclude<LiveEvent['topic'], 'reset' | 'block'>

function withData<T extends Topic>(topic: T, id: string, data: (LiveEvent & { topic: T })['data'] | undefined) {
  // CAST: each topic's data is of that topic
  return data === undefined ? undefined : ({ topic, id, data } as unknown as LiveEvent)
}

function told({ seq, tenant, provider }: Change, event: LiveEvent): Told {
  return { seq, topic: event.topic, tenant, provider: provider === null ? null : `${provider}`, text: eventText(event) }
}

/** An event as `text/event-stream` has it. JSON holds no line break. */
export function eventText(event: LiveEvent): string {
  return `id: ${event.id}\nevent: ${event.topic}\ndata: ${JSON.stringify(event, plainBigint)}\n\n`
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
