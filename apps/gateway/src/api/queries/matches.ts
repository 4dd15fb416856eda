import type { Match } from '@tender/api'
import { kinds, nameOf, tiers } from '@tender/protocol'
import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { leases, matches } from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'

export type MatchFilter = { tenant?: Address | undefined; provider?: string | undefined; class?: string | undefined }

const cursors = createCursors('matches', z.tuple([positionValue]))
const columns = {
  position: matches.position,
  lease: matches.lease,
  order: matches.order,
  offer: leases.offer,
  class: matches.resource,
  tenant: matches.tenant,
  provider: matches.provider,
  asset: matches.asset,
  kind: leases.kind,
  tier: leases.tier,
  units: matches.units,
  price: matches.price,
  durationSeconds: matches.duration,
  at: matches.at,
  tx: matches.tx,
  block: matches.block,
}

/** Matches, the newest first. */
export async function findMatches(
  db: Database,
  filter: MatchFilter & { cursor?: string | undefined; limit: number },
): Promise<{ items: Match[]; next: string | null }> {
  const after = cursors.read(filter.cursor)
  const found = await db
    .select(columns)
    .from(matches)
    .innerJoin(leases, eq(leases.id, matches.lease))
    .where(
      and(
        filter.tenant && eq(matches.tenant, filter.tenant),
        filter.provider === undefined ? undefined : eq(matches.provider, BigInt(filter.provider)),
        filter.class === undefined ? undefined : eq(matches.resource, filter.class),
        after && lt(matches.position, after[0]),
      ),
    )
    .orderBy(desc(matches.position))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, (last) => cursors.write([last.position]))
  return { items: rows.map(matchOf), next }
}

/** The match that opened a lease. */
export async function findMatchesOfLeases(db: Database, ids: readonly Hex[]): Promise<Match[]> {
  const rows = await db
    .select(columns)
    .from(leases)
    .innerJoin(matches, eq(matches.position, leases.position))
    .where(inArray(leases.id, [...ids]))
  return rows.map(matchOf)
}

type MatchRow = Omit<Match, 'kind' | 'tier' | 'provider'> & {
  position: number
  kind: number
  tier: number
  provider: bigint
}

function matchOf({ position: _, kind, tier, provider, ...rest }: MatchRow): Match {
  return {
    ...rest,
    provider: provider.toString(),
    kind: nameOf(kinds, kind) ?? 'service',
    tier: nameOf(tiers, tier) ?? 'interruptible',
  }
}
