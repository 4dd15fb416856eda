import type { Capacity, Provider, ProviderPrice, ProviderState, ScoreInputs } from '@tender/api'
import { scoreInputsSchema } from '@tender/api'
import { NotFoundError, nameOf, providerStatuses, resourceName, tiers, WORST_LEVEL } from '@tender/protocol'
import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { GatewayNetwork, SeenAvailability } from '../../network/gatewayNetwork.ts'
import type { Database } from '../../store/database.ts'
import { rowsOf } from '../../store/rows.ts'
import { capacity, incidents, leases, matches, pools, providerEras, providers, reports } from '../../store/schema.ts'
import { createCursors, pageOfRows } from './cursor.ts'

export type ProviderRow = typeof providers.$inferSelect

export type ProviderFilter = {
  country?: string | undefined
  level?: number | undefined
  class?: string | undefined
  state?: ProviderState | undefined
}

const idValue = z.string().regex(/^\d{1,18}$/)
const cursors = createCursors('providers', z.tuple([idValue]))

/** Providers by rising number. */
export async function findProviders(
  db: Database,
  filter: ProviderFilter & { cursor?: string | undefined; limit: number },
  { now, network }: { now: number; network: GatewayNetwork | undefined },
): Promise<{ items: Provider[]; next: string | null }> {
  const after = cursors.read(filter.cursor)
  const found = await db
    .select()
    .from(providers)
    .where(
      and(
        filter.country === undefined ? undefined : eq(providers.country, filter.country),
        filter.level === undefined ? undefined : atLeast(filter.level, now),
        filter.class === undefined ? undefined : commits(filter.class),
        filter.state && eq(providers.status, providerStatuses[filter.state]),
        after && gt(providers.id, BigInt(after[0])),
      ),
    )
    .orderBy(asc(providers.id))
    .limit(filter.limit + 1)
  const { rows, next } = pageOfRows(found, filter.limit, (last) => cursors.write([last.id.toString()]))
  return { items: await tellProviders(db, rows, { now, network }), next }
}

/** Everyone is at level 5 at least. */
function atLeast(level: number, now: number): SQL | undefined {
  if (level >= WORST_LEVEL) return undefined
  return and(gt(providers.levelValidUntil, now), sql`greatest(${providers.level}, ${providers.ceiling}) <= ${level}`)
}

function commits(name: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${capacity} WHERE ${capacity.provider} = ${providers.id}
    AND ${capacity.resource} = ${name} AND ${capacity.committed} > 0)`
}

/** Providers by their numbers; what is unknown is left out. */
export async function findProvidersById(
  db: Database,
  ids: readonly string[],
  context: { now: number; network: GatewayNetwork | undefined },
): Promise<Map<string, Provider>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select()
    .from(providers)
    .where(inArray(providers.id, ids.map(BigInt)))
  const told = await tellProviders(db, rows, context)
  return new Map(told.map((provider) => [provider.id, provider]))
}

async function tellProviders(
  db: Database,
  rows: readonly ProviderRow[],
  { now, network }: { now: number; network: GatewayNetwork | undefined },
): Promise<Provider[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const [capacityOf, poolOf, incidentsOf, runningOf, inputsOf, pricesOf] = await Promise.all([
    findCapacity(db, ids),
    findPools(db, ids),
    countIncidents(db, ids),
    countRunning(db, ids, now),
    findInputs(db, ids),
    findMatchPrices(db, ids),
  ])
  const heard = new Map((network?.availability() ?? []).map((one) => [one.provider, one]))
  return rows.map((row) => {
    const said = heard.get(row.id)
    const inputs = inputsOf.get(row.id)
    return {
      ...plainFields(row, now),
      inputs: inputs?.inputs ?? null,
      inputsEra: inputs?.era ?? null,
      stake: poolOf.get(row.id) ?? { pool: '0', bonded: 0n, locked: 0n, commissionBps: 0 },
      capacity: capacityOf.get(row.id) ?? [],
      leases: { running: runningOf.get(row.id) ?? 0, total: row.leases },
      prices: [...(said ? saidPrices(said) : []), ...(pricesOf.get(row.id) ?? [])],
      drivers: said ? [...said.envelope.availability.drivers] : [],
      incidentCount: incidentsOf.get(row.id) ?? 0,
    }
  })
}

function plainFields(row: ProviderRow, now: number) {
  const proven = row.levelValidUntil > now ? row.level : WORST_LEVEL
  return {
    id: row.id.toString(),
    owner: row.owner,
    operator: row.operator,
    payout: row.payout,
    country: row.country,
    state: stateOf(row.status),
    collateralised: row.collateralised,
    metadata: row.metadata,
    registeredAt: row.at,
    level: Math.max(proven, row.ceiling),
    levelValidUntil: row.levelValidUntil === 0 ? null : row.levelValidUntil,
    ceiling: row.ceiling,
    score: row.score,
    tx: row.tx,
    block: row.block,
  }
}

function stateOf(status: number): ProviderState {
  const name = nameOf(providerStatuses, status)
  return name === undefined || name === 'none' ? 'paused' : name
}

async function findCapacity(db: Database, ids: bigint[]): Promise<Map<bigint, Capacity[]>> {
  const rows = await db.select().from(capacity).where(inArray(capacity.provider, ids)).orderBy(asc(capacity.resource))
  const grouped = Map.groupBy(rows, ({ provider }) => provider)
  return new Map(
    [...grouped].map(([provider, all]) => [
      provider,
      all.slice(0, 1024).map(({ resource, committed, leased, stakePerUnit, until, tx, block }) => ({
        class: resource,
        committed,
        leased,
        stakePerUnit,
        until,
        tx,
        block,
      })),
    ]),
  )
}

async function findPools(db: Database, ids: bigint[]): Promise<Map<bigint, Provider['stake']>> {
  const rows = await db
    .select()
    .from(pools)
    .where(and(eq(pools.kind, 'provider'), inArray(pools.provider, ids)))
  return new Map(
    rows.flatMap(({ provider, pool, assets, locked, commissionBps }) =>
      provider === null ? [] : [[provider, { pool: pool.toString(), bonded: assets, locked, commissionBps }]],
    ),
  )
}

async function countIncidents(db: Database, ids: bigint[]): Promise<Map<bigint, number>> {
  const rows = await db
    .select({ provider: incidents.provider, count: sql<number>`count(*)`.mapWith(Number) })
    .from(incidents)
    .where(inArray(incidents.provider, ids))
    .groupBy(incidents.provider)
  return new Map(rows.map(({ provider, count }) => [provider, count]))
}

async function countRunning(db: Database, ids: bigint[], now: number): Promise<Map<bigint, number>> {
  const rows = await db
    .select({ provider: leases.provider, count: sql<number>`count(*)`.mapWith(Number) })
    .from(leases)
    .where(and(inArray(leases.provider, ids), gt(leases.stop, now)))
    .groupBy(leases.provider)
  return new Map(rows.map(({ provider, count }) => [provider, count]))
}

/** The five inputs of the last era whose data the gateway has. */
async function findInputs(db: Database, ids: bigint[]): Promise<Map<bigint, { inputs: ScoreInputs; era: number }>> {
  const rows = await db
    .selectDistinctOn([providerEras.provider], {
      provider: providerEras.provider,
      era: providerEras.era,
      inputs: providerEras.inputs,
    })
    .from(providerEras)
    .innerJoin(
      reports,
      and(eq(reports.era, providerEras.era), eq(reports.root, providerEras.root), isNull(reports.vetoedTx)),
    )
    .where(and(inArray(providerEras.provider, ids), sql`${providerEras.inputs} IS NOT NULL`))
    .orderBy(asc(providerEras.provider), sql`${providerEras.era} DESC`)
  return new Map(
    rows.map(({ provider, era, inputs }) => [provider, { inputs: scoreInputsSchema.parse(inputs), era: Number(era) }]),
  )
}

const priceRow = z.object({
  provider: z.coerce.bigint(),
  class: z.string(),
  asset: z.string(),
  price: z.coerce.bigint(),
  at: z.coerce.number(),
  lease: z.string(),
  tx: z.string(),
  block: z.coerce.number(),
})

/** The latest price in each class and asset among a provider's last hundred matches. */
async function findMatchPrices(db: Database, ids: bigint[]): Promise<Map<bigint, ProviderPrice[]>> {
  const wanted = sql.join(
    ids.map((id) => sql`(${id.toString()}::bigint)`),
    sql`, `,
  )
  const result = await db.execute(sql`
    SELECT DISTINCT ON (p.id, m.resource, m.asset) p.id AS provider, m.resource AS class, m.asset, m.price::text AS price,
      m.at, m.lease, m.tx, m.block
    FROM (VALUES ${wanted}) AS p(id) CROSS JOIN LATERAL (
      SELECT * FROM ${matches} WHERE provider = p.id ORDER BY position DESC LIMIT 100
    ) m
    ORDER BY p.id, m.resource, m.asset, m.position DESC`)
  const rows = rowsOf(result).map((row) => priceRow.parse(row))
  const grouped = Map.groupBy(rows, ({ provider }) => provider)
  return new Map([...grouped].map(([id, all]) => [id, all.map(matchPrice)]))
}

function matchPrice({ provider: _, ...row }: z.output<typeof priceRow>): ProviderPrice {
  // CAST: the database holds what the indexer wrote
  const ids = { asset: row.asset, lease: row.lease, tx: row.tx } as Pick<ProviderPrice, 'asset' | 'lease' | 'tx'>
  return { ...row, ...ids, tier: null, source: 'match', freeUnits: null }
}

function saidPrices({ envelope }: SeenAvailability): ProviderPrice[] {
  const { resources, issuedAt } = envelope.availability
  return resources.map(({ resource, asset, indicativePrice, tier, freeUnits }) => ({
    class: resourceName(resource),
    asset,
    price: indicativePrice,
    tier: nameOf(tiers, tier) ?? null,
    source: 'availability',
    freeUnits,
    at: issuedAt,
    lease: null,
    tx: null,
    block: null,
  }))
}

/** There is no such provider, as far as the chain is indexed. */
export function unknownProvider(id: string): NotFoundError {
  return new NotFoundError(`there is no provider ${id}`, { code: 'unknownProvider' })
}
