import { sql } from 'drizzle-orm'
import type { Address, Hex } from 'viem'
import type { Store } from '../store/openStore.ts'
import * as tables from '../store/schema.ts'

/** What a filled database holds. */
export type SampleBook = {
  /** Unix seconds: the last block's time. */
  now: number
  asset: Address
  /** The lease of the newest job. */
  job: Hex
  /** Of the newest lease; its provider and tenant have others too. */
  lease: Hex
  tenant: Address
  provider: string
  /** Of the newest order. */
  order: Hex
  /** Eras with a report. */
  eras: number
}

export type FillParameters = {
  /** Leases; all but the last hundredth are over. */
  leases: number
  /** Signed orders that are open; as many as a tenth of them besides have expired. */
  orders: number
  /** Where the market is, see the address book. */
  chain: { chainId: number; asset: Address; orderBook: Address }
}

const PROVIDERS = 200
const TENANTS = 500
const ERAS = 40
const BLOCKS_APART = 4

/**
 * Fills an empty database as if a market had run for long: not from a chain, but by SQL, for tests and measurements of what reads it.
 * Every value has the shape that the indexer gives it.
 *
 * @example
 * const book = await fillBook(store, { leases: 1_000_000, orders: 10_000, chain })
 */
export async function fillBook(store: Store, { leases, orders, chain }: FillParameters): Promise<SampleBook> {
  const now = 1_800_000_000
  const last = leases * BLOCKS_APART
  const steps = [
    fillPlace(chain, last, now),
    fillClasses(chain.asset),
    fillProviders(),
    fillLeases(leases, now, chain.asset),
    fillJobs(),
    fillMatches,
    fillEvents(chain.orderBook),
    fillSettlements,
    fillMovements,
    fillOrders(orders, now, chain.asset),
    fillEras(now, last),
  ]
  for (const statements of steps) {
    for (const statement of [statements].flat()) await store.write(({ tx }) => tx.execute(statement))
  }
  await store.write(({ tx }) => tx.execute(sql`ANALYZE`))
  const [newest, order] = [hashOf('l', leases), hashOf('o', orders + Math.floor(orders / 10))]
  const tenant = addressText('7', leases % TENANTS)
  return {
    now,
    asset: chain.asset,
    lease: newest,
    job: hashOf('l', leases - ((leases - 25) % 50)),
    tenant,
    provider: String((leases % PROVIDERS) + 1),
    order,
    eras: ERAS,
  }
}

/** 32 bytes that tell what they are of. The database makes the same by `hash()` below. */
function hashOf(kind: 'l' | 'o', index: number): Hex {
  return `0x${kind === 'l' ? '1e' : '0d'}${index.toString(16).padStart(62, '0')}`
}

/** Digits only, so that every case is the checksum's. */
function addressText(kind: string, index: number): Address {
  return `0x${kind}${String(index).padStart(39, '0')}`
}

const raw = (text: string) => sql.raw(text)
const hash = (kind: 'l' | 'o' | 't' | 'f', of: string) => {
  const prefix = { l: '1e', o: '0d', t: '0a', f: '0f' }[kind]
  return raw(`('0x${prefix}' || lpad(to_hex(${of}), 62, '0'))`)
}
const address = (kind: string, of: string) => raw(`('0x${kind}' || lpad((${of})::text, 39, '0'))`)
const place = (block: string) =>
  raw(`(${block})::bigint * 1048576, (${block})::bigint, '0x0a' || lpad(to_hex((${block})::bigint), 62, '0')`)
const zero = raw(`'0x' || repeat('0', 64)`)
const nobody = raw(`'0x' || repeat('0', 40)`)

function fillPlace({ chainId, orderBook }: FillParameters['chain'], last: number, now: number) {
  return sql`INSERT INTO ${tables.cursor} (id, chain_id, order_book, deploy_block, deploy_hash, block, hash, timestamp, final_block)
    VALUES (1, ${chainId}, ${orderBook}, 1, ${zero}, ${last}, ${zero}, ${now}, ${last})`
}

function fillClasses(asset: Address) {
  return [
    sql`INSERT INTO ${tables.assets} (position, block, tx, at, address, allowed, symbol, decimals, rate)
      VALUES (${place('1')}, 1, ${asset}, true, 'tUSD', 6, 1000000000000)`,
    sql`INSERT INTO ${tables.settings} (name, position, block, tx, at, value)
      VALUES ('fee', ${place('1')}, 1, '{"feeBps": 100}'::jsonb)`,
    sql`INSERT INTO ${tables.classes} (resource, position, block, tx, at, id, listed, stake_per_unit, committed, leased, providers)
      VALUES ('cu', ${place('1')}, 1, '0x6375' || repeat('0', 60), true, 10000000000000000000, ${PROVIDERS * 100}, 900, ${PROVIDERS}),
      ('gpu.nvidia.h100-80gb', ${place('1')}, 1, '0x6770' || repeat('0', 60), true, 10000000000000000000, 0, 0, 0)`,
  ]
}

function fillProviders() {
  const id = raw('n')
  return [
    sql`INSERT INTO ${tables.providers} (id, position, block, tx, at, owner, operator, payout, country, metadata, status, offer_epoch, score,
        level, level_valid_until, ceiling, collateralised, leases, rewarded, slashed, penalised, credited)
      SELECT ${id}, ${place('n')}, 1700000000 + n, ${address('5', 'n')}, ${address('6', 'n')}, ${address('5', 'n')},
        (ARRAY['DE','FR','US','JP'])[1 + n % 4], ${zero}, 1 + n % 2, 0, (n * 37) % 10000, 1 + n % 5, 1900000000, 1, true, 10, 0, 0, 0, 0
      FROM generate_series(1, ${PROVIDERS}::int) n`,
    sql`INSERT INTO ${tables.capacity} (provider, resource, position, block, tx, at, committed, leased, stake_per_unit, until)
      SELECT n, 'cu', ${place('n')}, 1700000000, 100, n % 10, 10000000000000000000, 1900000000
      FROM generate_series(1, ${PROVIDERS}::int) n`,
    sql`INSERT INTO ${tables.pools} (pool, kind, provider, account, assets, locked, shares, unbonding, generation, commission_bps,
        next_commission_bps, next_commission_from)
      SELECT n, 'provider', n, NULL, 2000000000000000000000, 1000000000000000000000, 2000000000000000000000000000, 0, 0, 500, 500, 0
      FROM generate_series(1, ${PROVIDERS}::int) n`,
    sql`INSERT INTO ${tables.stakes} (pool, generation, account, shares)
      SELECT n, 0, ${address('5', 'n')}, 2000000000000000000000000000 FROM generate_series(1, ${PROVIDERS}::int) n`,
    sql`INSERT INTO ${tables.incidents} (position, block, tx, at, provider, type, lease, reason, amount)
      SELECT ${place('n + 1000')}, 1700000000 + n, 1 + n % 20, 'penalised', NULL, NULL, 5 FROM generate_series(1, 60) n`,
  ]
}

/** One a minute: an hour long each, some longer, and the last hundredth still runs. Every fiftieth is a job. */
function fillLeases(count: number, now: number, asset: Address) {
  return sql`INSERT INTO ${tables.leases} (id, position, block, tx, at, order_hash, offer, replica, tenant, provider, payout, asset, resource, units,
      rate, start, latest_end, kind, tier, uptime_bps, max_silence, min_seconds, notice_seconds, start_window, job_terms, verifier,
      end_at, closed_at, stop, seconds_paid, settled_until, released, by_time, resolved, reason, evidence, ended_tx, resolved_tx,
      deposited, paid, fee, refunded, credited, credit_taken)
    SELECT ${hash('l', 'n')}, ${place(`n * ${BLOCKS_APART}`)}, begun, ${hash('o', 'n + 100000000')}, ${hash('f', 'n')}, 0,
      ${address('7', `n % ${TENANTS}`)}, 1 + n % ${PROVIDERS}, ${address('5', `1 + n % ${PROVIDERS}`)}, ${asset}, 'cu', 1 + n % 4,
      (20000 + n % 5000) * (1 + n % 4), begun, begun + 86400, CASE WHEN job THEN 1 ELSE 0 END, n % 3, CASE WHEN n % 2 = 0 THEN 9900 ELSE 0 END, 0, 60, 0, 60,
      ${zero}, ${nobody}, begun + lasts, CASE WHEN over AND n % 5 = 0 THEN begun + lasts / 2 ELSE 0 END,
      CASE WHEN over AND n % 5 = 0 THEN begun + lasts / 2 WHEN job THEN ${tables.NEVER}::bigint ELSE begun + lasts END,
      CASE WHEN over AND NOT job THEN lasts ELSE 0 END, begun,
      over, n % 2 = 1 AND NOT job, over, CASE WHEN over AND job THEN 9 WHEN over AND n % 5 = 0 THEN 1 ELSE 0 END, NULL, NULL, NULL,
      100000, CASE WHEN over THEN 90000 ELSE 0 END, CASE WHEN over THEN 900 ELSE 0 END, CASE WHEN over THEN 9100 ELSE 0 END, 0, 0
    FROM (SELECT n, ${now}::bigint - (${count}::bigint - n) * 60 AS begun, n <= ${count}::bigint * 99 / 100 AS over, n % 50 = 25 AS job,
      CASE WHEN n <= ${count}::bigint * 99 / 100 THEN 60 ELSE 3600 + (${count}::bigint - n) * 60 END AS lasts
      FROM generate_series(1, ${count}::bigint) n) l`
}

/** What is over passed; the others were begun. */
function fillJobs() {
  const happened = (at: string) => `jsonb_build_object('at', ${at}, 'tx', tx, 'block', block)`
  const over = (steps: string) => raw(`CASE WHEN resolved THEN ${steps} END`)
  const drawn = `jsonb_build_object('seed', id, 'validators', jsonb_build_array('0x9' || lpad('1', 39, '0')))`
  return sql`INSERT INTO ${tables.jobs} (lease, position, block, tx, at, tenant, provider, state, terms, begun, progress, result, anchor, reanchors,
      draws, challenge, recalled, draw_until, challenge_until, verdict_until, passed, judged, split, ended, charged, to_validators,
      returned, penalised)
    SELECT id, position, block, tx, at, tenant, provider, CASE WHEN resolved THEN 'ended' ELSE 'begun' END,
      jsonb_build_object('tasks', 10, 'sample', 2, 'validators', 1, 'comparator', ${zero}, 'deadlineSeconds', 3600, 'cancelFee', '5',
        'verifyFee', '10', 'inputs', order_hash), ${raw(happened('start'))}, NULL,
      ${over(`${happened('start + 10')} || jsonb_build_object('root', id, 'cid', '0x6261')`)}, ${over('block + 2')}, 0,
      CASE WHEN resolved THEN jsonb_build_array(${raw(`${happened('start + 20')} || ${drawn}`)}) ELSE '[]'::jsonb END, NULL, NULL, NULL, NULL,
      NULL, ${over('true')}, ${over(`${happened('stop')} || jsonb_build_object('signers', ${drawn} -> 'validators')`)}, NULL,
      ${over(happened('stop'))}, 10, CASE WHEN resolved THEN 10 ELSE 0 END, 0, 0
    FROM ${tables.leases} WHERE kind = 1`
}

const fillMatches = sql`INSERT INTO ${tables.matches} (position, block, tx, at, lease, order_hash, tenant, provider, asset, resource, units, price, duration)
  SELECT position, block, tx, at, id, order_hash, tenant, provider, asset, resource, units, rate / units, end_at - start FROM ${tables.leases}`

function fillEvents(contract: Address) {
  return sql`INSERT INTO ${tables.events} (position, block, tx, at, log_index, contract, name, args, lease, provider, order_hash)
    SELECT position, block, tx, at, 0, ${contract}, 'LeaseOpened', jsonb_build_object('lease', id, 'end', end_at), id, provider, order_hash
    FROM ${tables.leases}
    UNION ALL SELECT position + 1, block, tx, at, 1, ${contract}, 'LeaseSettled',
      jsonb_build_object('lease', id, 'secondsPaid', seconds_paid, 'paid', paid::text, 'fee', fee::text), id, provider, order_hash
    FROM ${tables.leases} WHERE paid > 0`
}

const fillSettlements = sql`INSERT INTO ${tables.settlements} (position, block, tx, at, lease, tenant, provider, payout, asset, resource, tier, seconds, paid, fee)
  SELECT position + 1, block, tx, at, id, tenant, provider, payout, asset, resource, tier, seconds_paid, paid, fee FROM ${tables.leases}
  WHERE paid > 0`

const fillMovements = [
  sql`INSERT INTO ${tables.movements} (position, block, tx, at, leg, account, ledger, type, asset, amount, counterparty, lease, order_hash, provider, pool)
    SELECT position, block, tx, at, 0, tenant, 'escrow', 'lease', asset, -deposited, NULL, id, order_hash, provider, NULL FROM ${tables.leases}`,
  sql`INSERT INTO ${tables.balances} (account, asset, available, in_leases, in_auctions)
    SELECT tenant, asset, 1000000, sum(deposited - paid - fee - refunded), 0 FROM ${tables.leases} GROUP BY 1, 2`,
]

function fillOrders(count: number, now: number, asset: Address) {
  const expired = Math.floor(count / 10)
  const order = sql`jsonb_build_object('tenant', ${address('7', `n % ${TENANTS}`)}, 'agent', ${address('8', 'n')}, 'asset', ${asset}::text,
    'resource', '0x6375' || repeat('0', 60), 'kind', 0, 'tier', 1, 'units', 1 + n % 4, 'replicas', 1 + n % 3,
    'maxPrice', (20000 + n % 300)::text, 'duration', 3600, 'maxMinSeconds', 60, 'uptimeBps', 9900, 'maxSilence', 0, 'worstLevel', 5,
    'spread', 0, 'countries', jsonb_build_array('0x4445'), 'verifier', ${nobody}, 'manifest', ${zero}, 'jobTerms', ${zero},
    'previous', ${zero}, 'handoverSeconds', 0, 'auctionEnd', expires - 60, 'expiry', expires, 'nonce', n::text)`
  const brief = sql`jsonb_build_object('version', 2, 'driver', 'wasm', 'resource', 'cu', 'units', 1 + n % 4, 'cpuMillis', 1000,
    'memoryBytes', 1073741824, 'diskBytes', 0, 'blobBytes', 1000, 'containers', 1, 'ports', '[]'::jsonb)`
  return sql`INSERT INTO ${tables.orders} (hash, position, seen_at, tenant, asset, resource, units, replicas, max_price, duration, auction_end, expiry,
      content, brief, envelope, matched_block, cancelled_block)
    SELECT ${hash('o', 'n')}, n, ${now}::bigint - 60, ${address('7', `n % ${TENANTS}`)}, ${asset}, 'cu', 1 + n % 4, 1 + n % 3, 20000 + n % 300,
      3600, expires - 60, expires, ${order}, ${brief}, json_build_object('signature', '0x' || repeat('ab', 65))::text, NULL, NULL
    FROM (SELECT n, CASE WHEN n <= ${expired}::bigint THEN ${now}::bigint - 30 ELSE ${now}::bigint + 600 + n % 600 END AS expires
      FROM generate_series(1, ${count + expired}::bigint) n) o`
}

/** Reports of the last eras, each about all providers and a thousand leases. */
function fillEras(now: number, last: number) {
  const era = (n: string) => `${last} - (${ERAS} - ${n}) * 2`
  const root = raw(`'0xe0' || lpad(to_hex(e), 62, '0')`)
  return [
    sql`INSERT INTO ${tables.monitors} (key, position, block, tx, at, index, weight, next_weight, next_from, public_key, addresses, left_at, ejected,
        signed, missed, slashed)
      SELECT ${address('9', 'n')}, ${place('n')}, 1700000000, n - 1, 1000, 1000, 0, NULL, '[]'::jsonb, NULL, false, ${ERAS}::int, 0, 0
      FROM generate_series(1, 5) n`,
    sql`INSERT INTO ${tables.reports} (era, attempt, position, block, tx, at, round, root, data_hash, covered_until, covered_from, effective_at,
        vetoed_tx, vetoed_at, signers, signed_weight, total_weight)
      SELECT e, 0, ${place(era('e'))}, ended + 60, 0, ${root}, ${root}, ended, ended - 86400, ended + 120, NULL, NULL,
        (SELECT jsonb_agg(jsonb_build_object('index', i - 1, 'key', ${address('9', 'i')}, 'weight', 1000, 'signature', NULL))
          FROM generate_series(1, 4) i), 4000, 5000
      FROM (SELECT e, ${now}::bigint - (${ERAS}::int - e) * 86400 - 600 AS ended FROM generate_series(1, ${ERAS}::int) e) r`,
    sql`INSERT INTO ${tables.providerEras} (provider, era, root, score, inputs, rewards, slashed)
      SELECT n, e, ${root}, (n * 37) % 10000, '{"uptimeBps": 9900, "performanceBps": 9800, "completedBps": 10000, "ratingBps": 7500,
        "consistencyBps": 9500}'::jsonb, e * 1000, 0
      FROM generate_series(1, ${PROVIDERS}::int) n CROSS JOIN generate_series(1, ${ERAS}::int) e`,
    sql`INSERT INTO ${tables.leaves} (era, root, leaf, kind, subject, hash, data)
      SELECT e, ${root}, n, 'lease', ${hash('l', 'n')}, ${zero}, jsonb_build_object('lease', ${hash('l', 'n')}, 'served', 60)
      FROM generate_series(1, 1000) n CROSS JOIN generate_series(1, ${ERAS}::int) e`,
  ]
}
