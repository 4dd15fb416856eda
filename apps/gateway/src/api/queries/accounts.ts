import type { Account, AccountStake, Movement } from '@tender/api'
import { and, asc, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import { z } from 'zod'
import { logIndexOf } from '../../indexer/position.ts'
import type { Database } from '../../store/database.ts'
import {
  balances,
  leases,
  type MovementType,
  monitors,
  movements,
  pools,
  providers,
  rewards,
  stakes,
  unbondings,
} from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'

/** As Staking has them: so that the first to stake in a pool cannot be robbed. */
const VIRTUAL_SHARES = 1_000_000n
const VIRTUAL_ASSETS = 1n
const MOST = 1024

/** What the market holds for an account; nothing at all is an answer too. */
export async function findAccount(db: Database, address: Address, now: number): Promise<Account> {
  const [money, staked, leaving, paid, owned, operated, monitor, counts] = await Promise.all([
    db.select().from(balances).where(eq(balances.account, address)).orderBy(asc(balances.asset)).limit(64),
    findStakes(db, address),
    findUnbonding(db, address),
    findRewards(db, address),
    db
      .select({ id: providers.id })
      .from(providers)
      .where(eq(providers.owner, address))
      .orderBy(asc(providers.id))
      .limit(MOST),
    db.select({ id: providers.id }).from(providers).where(eq(providers.operator, address)).limit(1),
    db.select({ index: monitors.index }).from(monitors).where(eq(monitors.key, address)).limit(1),
    countLeases(db, address, now),
  ])
  return {
    address,
    balances: money.map(({ asset, available, inAuctions, inLeases }) => ({
      asset,
      available,
      reserved: inAuctions,
      leased: inLeases,
    })),
    stakes: staked,
    unbonding: leaving,
    rewards: paid,
    providers: owned.map(({ id }) => id.toString()),
    operates: operated[0]?.id.toString() ?? null,
    monitor: monitor.length > 0,
    leases: counts,
  }
}

async function findStakes(db: Database, address: Address): Promise<AccountStake[]> {
  const rows = await db
    .select({ shares: stakes.shares, pool: pools })
    .from(stakes)
    .innerJoin(pools, and(eq(pools.pool, stakes.pool), eq(pools.generation, stakes.generation)))
    .where(and(eq(stakes.account, address), gt(stakes.shares, 0n)))
    .orderBy(asc(stakes.pool))
    .limit(MOST)
  return rows.map(({ shares, pool }) => ({
    pool: pool.pool.toString(),
    kind: pool.kind,
    provider: pool.provider?.toString() ?? null,
    monitor: pool.kind === 'monitor' ? pool.account : null,
    shares,
    value: (shares * (pool.assets + VIRTUAL_ASSETS)) / (pool.shares + VIRTUAL_SHARES),
  }))
}

async function findUnbonding(db: Database, address: Address): Promise<Account['unbonding']> {
  const rows = await db
    .select()
    .from(unbondings)
    .where(and(eq(unbondings.account, address), isNull(unbondings.withdrawn)))
    .orderBy(asc(unbondings.request))
    .limit(MOST)
  return rows.map(({ request, pool, shares, availableAt, tx, block }) => ({
    request: request.toString(),
    pool: pool.toString(),
    shares,
    availableAt,
    tx,
    block,
  }))
}

async function findRewards(db: Database, address: Address): Promise<Account['rewards']> {
  return db
    .select({ asset: rewards.asset, amount: sql<bigint>`sum(${rewards.amount})::text`.mapWith(BigInt) })
    .from(rewards)
    .where(eq(rewards.monitor, address))
    .groupBy(rewards.asset)
    .orderBy(asc(rewards.asset))
    .limit(64)
}

async function countLeases(db: Database, address: Address, now: number): Promise<Account['leases']> {
  const count = sql<number>`count(*)`.mapWith(Number)
  const [[total], [running]] = await Promise.all([
    db.select({ count }).from(leases).where(eq(leases.tenant, address)),
    db
      .select({ count })
      .from(leases)
      .where(and(eq(leases.tenant, address), gt(leases.stop, now))),
  ])
  return { running: running?.count ?? 0, total: total?.count ?? 0 }
}

const kinds: Readonly<Record<MovementType, Movement['kind']>> = {
  deposit: 'deposited',
  withdrawal: 'withdrawn',
  reserve: 'reserved',
  unreserve: 'unreserved',
  lease: 'leaseOpened',
  extension: 'leaseExtended',
  refund: 'refunded',
  earning: 'earned',
  fee: 'fee',
  verifyFee: 'verifyFee',
  given: 'given',
  stake: 'staked',
  unstake: 'unstaked',
  slash: 'slashed',
  compensation: 'credited',
  reward: 'rewarded',
  commission: 'commission',
  claim: 'claimed',
  bond: 'bonded',
  bondBack: 'bondReturned',
}

const cursors = createCursors('movements', z.tuple([positionValue, z.int().min(0)]))

/** Movements of an account's money and stake, the newest first. */
export async function findMovements(
  db: Database,
  address: Address,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: Movement[]; next: string | null }> {
  const after = cursors.read(cursor)
  const found = await db
    .select()
    .from(movements)
    .where(
      and(
        eq(movements.account, address),
        after &&
          or(lt(movements.position, after[0]), and(eq(movements.position, after[0]), lt(movements.leg, after[1]))),
      ),
    )
    .orderBy(desc(movements.position), desc(movements.leg))
    .limit(limit + 1)
  const { rows, next } = pageOfRows(found, limit, (last) => cursors.write([last.position, last.leg]))
  const items = rows.map((row) => ({
    kind: kinds[row.type],
    ledger: row.ledger,
    at: row.at,
    asset: row.asset,
    amount: row.amount,
    lease: row.lease,
    order: row.order,
    provider: row.provider?.toString() ?? null,
    counterparty: row.counterparty,
    logIndex: logIndexOf(row.position),
    tx: row.tx,
    block: row.block,
  }))
  return { items, next }
}
