import {
  capacityRegistryAbi,
  eraReportsAbi,
  jobsAbi,
  leaseEscrowAbi,
  orderBookAbi,
  providerRegistryAbi,
  rewardsAbi,
  stakingAbi,
  testDollarAbi,
} from '@tender/abi'
import { kinds, leaseId, resourceId, type Terms } from '@tender/protocol'
import { jobStates, type MarketClient } from '@tender/sdk'
import { eq } from 'drizzle-orm'
import { type Address, concat, keccak256, pad, slice, zeroAddress, zeroHash } from 'viem'
import type { Database } from '../store/database.ts'
import type { Store } from '../store/openStore.ts'
import { bondedOf } from '../store/poolMath.ts'
import * as schema from '../store/schema.ts'

/** What the contracts say and what the database says, fact by fact under the same names: to be equal. */
export type Truth = { chain: Record<string, unknown>; kept: Record<string, unknown> }

/** Asks the contracts about everything that the database knows, as of the cursor's block. */
export async function readTruth(client: MarketClient, store: Store): Promise<Truth> {
  const [cursor] = await store.read((db) => db.select().from(schema.cursor))
  if (!cursor) throw new Error('nothing was read yet')
  const truth: Truth = { chain: {}, kept: {} }
  const at: At = { client, blockNumber: BigInt(cursor.block), now: cursor.timestamp, truth }
  await store.read(async (db) => {
    for (const ask of [
      money,
      leaseFacts,
      jobFacts,
      auctionFacts,
      stakeFacts,
      providerFacts,
      capacityFacts,
      eraFacts,
      rules,
    ]) {
      await ask(db, at)
    }
  })
  return truth
}

type At = { client: MarketClient; blockNumber: bigint; now: number; truth: Truth }

function note({ truth }: At, name: string, chain: unknown, kept: unknown): void {
  truth.chain[name] = chain
  truth.kept[name] = kept
}

/** One contract's views, at the block. */
function views({ client, blockNumber }: At) {
  const { contracts } = client.book
  const { readContract } = client.rpc
  return {
    escrow: { address: contracts.leaseEscrow, abi: leaseEscrowAbi, blockNumber },
    staking: { address: contracts.staking, abi: stakingAbi, blockNumber },
    registry: { address: contracts.providerRegistry, abi: providerRegistryAbi, blockNumber },
    capacity: { address: contracts.capacityRegistry, abi: capacityRegistryAbi, blockNumber },
    jobs: { address: contracts.jobs, abi: jobsAbi, blockNumber },
    reports: { address: contracts.eraReports, abi: eraReportsAbi, blockNumber },
    rewards: { address: contracts.rewards, abi: rewardsAbi, blockNumber },
    book: { address: contracts.orderBook, abi: orderBookAbi, blockNumber },
    ask: readContract,
  } as const
}

async function money(db: Database, at: At): Promise<void> {
  const { escrow, ask } = views(at)
  const sums = new Map<string, bigint>()
  for (const { ledger, account, asset, amount } of await db.select().from(schema.movements)) {
    const name = `${account} ${asset}`
    if (ledger === 'escrow') sums.set(name, (sums.get(name) ?? 0n) + amount)
  }
  const totals = new Map<Address, bigint>()
  for (const { account, asset, available, inLeases } of await db.select().from(schema.balances)) {
    const args = [account, asset] as const
    note(at, `balance ${account} ${asset}`, await ask({ ...escrow, functionName: 'balanceOf', args }), available)
    note(at, `movements ${account} ${asset}`, sums.get(`${account} ${asset}`) ?? 0n, available)
    totals.set(asset, (totals.get(asset) ?? 0n) + available + inLeases)
  }
  for (const [address, total] of totals) {
    const token = { address, abi: testDollarAbi, blockNumber: at.blockNumber } as const
    const args = [at.client.book.contracts.leaseEscrow] as const
    note(at, `all of ${address}`, await ask({ ...token, functionName: 'balanceOf', args }), total)
  }
}

async function leaseFacts(db: Database, at: At): Promise<void> {
  const { escrow, reports, ask } = views(at)
  for (const row of await db.select().from(schema.leases)) {
    const { id, end, closedAt, secondsPaid, released, byTime, resolved } = row
    const terms: Terms = { ...row, index: row.replica, resource: resourceId(row.resource) }
    note(at, `id of lease ${id}`, leaseId(terms), id)
    const { settledUntil, ...chain } = await ask({ ...escrow, functionName: 'leaseOf', args: [id] })
    note(at, `lease ${id}`, chain, { end, closedAt, secondsPaid, released, byTime, resolved })
    // Of a lease that is resolved it means nothing any more.
    if (!resolved) note(at, `settled of ${id}`, settledUntil, row.settledUntil)
    const held = row.deposited - row.paid - row.fee - row.refunded
    note(at, `held by ${id}`, await ask({ ...escrow, functionName: 'heldOf', args: [terms] }), held)
    note(at, `credit of ${id}`, await ask({ ...reports, functionName: 'creditedOf', args: [id] }), row.credited)
  }
}

async function jobFacts(db: Database, at: At): Promise<void> {
  const { jobs, escrow, ask } = views(at)
  const rows = await db.select().from(schema.jobs)
  let inside = 0n
  for (const row of rows) {
    note(at, `job ${row.lease}`, await ask({ ...jobs, functionName: 'jobOf', args: [row.lease] }), storedJob(row))
    inside += row.charged - row.toValidators - row.returned
  }
  const [first] = await db.select().from(schema.leases).where(eq(schema.leases.kind, kinds.job)).limit(1)
  if (!first) return
  const args = [at.client.book.contracts.jobs, first.asset] as const
  note(at, 'fees that wait', await ask({ ...escrow, functionName: 'balanceOf', args }), inside)
}

/** What the contract stores of a job, made of all that the database knows of it. */
function storedJob({ state, challenge, reanchors, anchor, result, draws, recalled }: typeof schema.jobs.$inferSelect) {
  const [first, second] = draws
  const seed = second?.seed ?? challenge?.seed ?? first?.seed ?? result?.root ?? zeroHash
  const drawn = draws.at(-1)?.validators.map((key) => pad(key))
  return {
    state: jobStates.indexOf(state),
    challenged: challenge !== null,
    reanchors,
    anchor: anchor ?? 0,
    since: second?.at ?? recalled?.at ?? first?.at ?? result?.at ?? 0,
    drawn: drawn ? slice(keccak256(concat(drawn)), 0, 19) : slice(zeroHash, 0, 19),
    commitment: state === 'ended' ? zeroHash : seed,
  }
}

async function auctionFacts(db: Database, at: At): Promise<void> {
  const { book, ask } = views(at)
  for (const { order, state, opened, replicas, kept } of await db.select().from(schema.auctions)) {
    const code = state === 'active' ? 1 : state === 'awarded' && opened === replicas ? 3 : 2
    note(at, `auction ${order}`, await ask({ ...book, functionName: 'stateOf', args: [order] }), code)
    if (state !== 'active') continue
    const bids = await ask({ ...book, functionName: 'keptOf', args: [order] })
    note(at, `bids of ${order}`, bids.map(({ offer }) => offer).sort(), [...kept].sort())
  }
  for (const { order, tenant, nonce } of await db.select().from(schema.cancellations)) {
    note(at, `nonce of ${order}`, await ask({ ...book, functionName: 'isNonceUsed', args: [tenant, nonce] }), true)
  }
}

async function stakeFacts(db: Database, at: At): Promise<void> {
  const { staking, ask } = views(at)
  const generations = new Map<bigint, number>()
  for (const row of await db.select().from(schema.pools)) {
    const { pool, assets, locked, shares, unbonding, generation } = row
    generations.set(pool, generation)
    const commission =
      row.nextCommissionFrom !== 0 && at.now >= row.nextCommissionFrom
        ? { commissionBps: row.nextCommissionBps, nextCommissionBps: 0, nextCommissionFrom: 0 }
        : {
            commissionBps: row.commissionBps,
            nextCommissionBps: row.nextCommissionBps,
            nextCommissionFrom: row.nextCommissionFrom,
          }
    const kept = { assets, locked, shares, unbonding, generation, ...commission }
    note(at, `pool ${pool}`, await ask({ ...staking, functionName: 'poolOf', args: [pool] }), kept)
    note(at, `bonded in ${pool}`, await ask({ ...staking, functionName: 'bondedOf', args: [pool] }), bondedOf(row))
  }
  for (const { pool, account, generation, shares } of await db.select().from(schema.stakes)) {
    if (generations.get(pool) !== generation) continue
    note(
      at,
      `shares ${pool} ${account}`,
      await ask({ ...staking, functionName: 'sharesOf', args: [pool, account] }),
      shares,
    )
  }
  for (const row of await db.select().from(schema.unbondings)) {
    const { request, pool, account, shares, generation, availableAt, withdrawn } = row
    const kept = withdrawn === null ? [pool, account, shares, generation, availableAt] : [0n, zeroAddress, 0n, 0, 0]
    note(at, `unbonding ${request}`, await ask({ ...staking, functionName: 'requestOf', args: [request] }), kept)
  }
  for (const { account, claimable } of await db.select().from(schema.commissions)) {
    note(at, `commission ${account}`, await ask({ ...staking, functionName: 'claimable', args: [account] }), claimable)
  }
}

async function providerFacts(db: Database, at: At): Promise<void> {
  const { registry, reports, rewards, ask } = views(at)
  const rows = await db.select().from(schema.providers)
  note(at, 'providers', await ask({ ...registry, functionName: 'count' }), BigInt(rows.length))
  for (const row of rows) {
    const { id, operator, offerEpoch, status, collateralised, payout, score, level, ceiling, levelValidUntil } = row
    const worst = at.now > levelValidUntil ? 5 : Math.max(level, ceiling)
    const { country: _, ...view } = await ask({ ...registry, functionName: 'viewOf', args: [id] })
    const kept = { operator: operator ?? zeroAddress, offerEpoch, status, level: worst, collateralised, payout }
    note(at, `provider ${id}`, view, kept)
    const trust = await ask({ ...registry, functionName: 'trustOf', args: [id] })
    note(at, `trust ${id}`, trust, [score, level, ceiling, levelValidUntil])
    note(at, `owner ${id}`, await ask({ ...registry, functionName: 'ownerOf', args: [id] }), row.owner)
    note(at, `metadata ${id}`, await ask({ ...registry, functionName: 'metadataOf', args: [id] }), row.metadata)
    note(at, `rewards ${id}`, await ask({ ...rewards, functionName: 'claimedOfProvider', args: [id] }), row.rewarded)
    const slashed = await ask({ ...reports, functionName: 'slashedOfProvider', args: [id] })
    note(at, `slashed ${id}`, slashed >= row.slashed, true)
  }
}

async function capacityFacts(db: Database, at: At): Promise<void> {
  const { capacity, ask } = views(at)
  const sums = new Map<string, { committed: number; leased: number; providers: number }>()
  for (const { provider, resource, committed, leased, stakePerUnit, until } of await db
    .select()
    .from(schema.capacity)) {
    const chain = await ask({ ...capacity, functionName: 'commitmentOf', args: [provider, resourceId(resource)] })
    note(at, `capacity ${provider} ${resource}`, chain, { committed, leased, stakePerUnit, until })
    const sum = sums.get(resource) ?? { committed: 0, leased: 0, providers: 0 }
    const providers = sum.providers + (committed > 0 ? 1 : 0)
    sums.set(resource, { committed: sum.committed + committed, leased: sum.leased + leased, providers })
  }
  for (const { resource, id, listed, stakePerUnit, committed, leased, providers } of await db
    .select()
    .from(schema.classes)) {
    const chain = await ask({ ...capacity, functionName: 'resourceOf', args: [id] })
    note(at, `class ${resource}`, chain, [listed, stakePerUnit])
    const none = { committed: 0, leased: 0, providers: 0 }
    note(at, `sums of ${resource}`, sums.get(resource) ?? none, { committed, leased, providers })
  }
}

async function eraFacts(db: Database, at: At): Promise<void> {
  const { reports, ask } = views(at)
  let last = 0n
  for (const { era, root, coveredUntil, effectiveAt, vetoedTx } of await db.select().from(schema.reports)) {
    if (vetoedTx !== null) continue
    last = era > last ? era : last
    const chain = await ask({ ...reports, functionName: 'reportOf', args: [era] })
    note(at, `report ${era}`, chain, { root, coveredUntil, effectiveAt })
  }
  note(at, 'last era', await ask({ ...reports, functionName: 'lastEra' }), last)
  const clockEra = Number(await ask({ ...reports, functionName: 'clockEra' }))
  for (const { key, index, weight, nextWeight, nextFrom, ejected } of await db.select().from(schema.monitors)) {
    const place = await ask({ ...reports, functionName: 'monitorIndex', args: [key] })
    note(at, `index of ${key}`, place, index === null ? 0n : BigInt(index) + 1n)
    note(at, `ejected ${key}`, await ask({ ...reports, functionName: 'isEjected', args: [key] }), ejected)
    if (index === null) continue
    const chain = await ask({ ...reports, functionName: 'monitorAt', args: [BigInt(index)] })
    note(at, `monitor ${index}`, chain, {
      key,
      weight: clockEra < nextFrom ? weight : nextWeight,
      nextWeight,
      nextFrom,
    })
  }
  for (const { id, opener, bond, upheld } of await db.select().from(schema.disputes)) {
    const chain = await ask({ ...reports, functionName: 'disputeOf', args: [id] })
    note(at, `dispute ${id}`, { opener: chain.opener, bond: chain.bond }, { opener, bond: upheld === null ? bond : 0n })
  }
}

async function rules(db: Database, at: At): Promise<void> {
  const { escrow, capacity, rewards, ask } = views(at)
  for (const { address, allowed, rate } of await db.select().from(schema.assets)) {
    const isAllowed = await ask({ ...escrow, functionName: 'isAllowedAsset', args: [address] })
    const chainRate = await ask({ ...rewards, functionName: 'rateOf', args: [address] })
    note(at, `asset ${address}`, [isAllowed, chainRate], [allowed, rate])
  }
  for (const { name, value } of await db.select().from(schema.settings)) {
    if (name === 'fee') note(at, name, await ask({ ...escrow, functionName: 'feeBps' }), value.feeBps)
    if (!name.startsWith('penalty:')) continue
    const bps = await ask({ ...capacity, functionName: 'penaltyBps', args: [BigInt(name.slice('penalty:'.length))] })
    note(at, name, bps, value.bps)
  }
}
