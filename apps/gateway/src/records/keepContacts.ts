import type { Logger } from '@tender/kit'
import { availabilityEnvelopeSchema } from '@tender/protocol'
import { asc, gte, lt, sql } from 'drizzle-orm'
import { KEEP_SECONDS } from '../network/contactBook.ts'
import type { SeenAvailability } from '../network/gatewayNetwork.ts'
import type { Store } from '../store/openStore.ts'
import { contacts } from '../store/schema.ts'
import { pauseUntil } from './pauseUntil.ts'
import { jsonOf } from './plainJson.ts'

/** Writes down where providers are, so that a gateway that starts anew knows it at once. */
export type ContactKeeper = {
  /** Returns at once. */
  seen(availability: SeenAvailability): void
  /** Until aborted, and until what was seen by then is written. */
  run(signal: AbortSignal): Promise<void>
}

/** Providers say it every minute, each at another moment. */
const WRITE_EVERY_MS = 5_000
/** More are dropped: they will say it again. */
const MOST_WAITING = 10_000
/** Rows of one statement. */
const BATCH = 500

/**
 * @example
 * const keeper = createContactKeeper(store, log)
 * const network = await startGatewayNetwork({ onAvailability: keeper.seen, … })
 */
export function createContactKeeper(store: Store, log: Logger): ContactKeeper {
  const waiting = new Map<bigint, SeenAvailability>()

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting.values()].slice(0, BATCH)
      await write(store, batch)
      // What was said meanwhile is written next.
      for (const one of batch) if (waiting.get(one.provider) === one) waiting.delete(one.provider)
    }
  }

  return {
    seen(availability) {
      if (waiting.size < MOST_WAITING || waiting.has(availability.provider)) {
        waiting.set(availability.provider, availability)
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        await pauseUntil(signal, () => {}, WRITE_EVERY_MS)
        await writeAll().catch((error) => log.warn({ error }, 'where providers are cannot be written down yet'))
      }
    },
  }
}

/** Who was heard of since then, unix seconds, the latest last. */
export async function readContacts(store: Store, since: number): Promise<SeenAvailability[]> {
  const rows = await store.read((db) =>
    db.select().from(contacts).where(gte(contacts.seenAt, since)).orderBy(asc(contacts.seenAt)),
  )
  return rows.flatMap(({ provider, seenAt, envelope }) => {
    const read = availabilityEnvelopeSchema.safeParse(JSON.parse(envelope))
    return read.success ? [{ provider, seenAt, envelope: read.data }] : [] // an older version's: it will be said again
  })
}

async function write(store: Store, batch: readonly SeenAvailability[]): Promise<void> {
  const newest = Math.max(...batch.map(({ seenAt }) => seenAt))
  const rows = batch.map(({ provider, seenAt, envelope }) => ({ provider, seenAt, envelope: jsonOf(envelope) }))
  const set = { seenAt: sql`excluded.seen_at`, envelope: sql`excluded.envelope` }
  await store.write(async ({ tx }) => {
    await tx.insert(contacts).values(rows).onConflictDoUpdate({ target: contacts.provider, set })
    await tx.delete(contacts).where(lt(contacts.seenAt, newest - KEEP_SECONDS))
  })
}
