import { type Hex, keccak256, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { marketDomain, typedData } from '../hashes.ts'
import { type BuiltDataSet, buildDataSet } from './buildDataSet.ts'
import { encodeBatch } from './canonicalBatch.ts'
import { encodeFacts } from './canonicalFacts.ts'
import { emptyState } from './canonicalState.ts'
import { computeEra } from './computeEra.ts'
import {
  type DataSet,
  decodeDataSet,
  encodeDataSet,
  noPrevious,
  type RecountSource,
  type SignedBatch,
} from './dataSet.ts'
import { createLeafFinder } from './findLeaves.ts'
import { type EraSources, openEra, openRecount } from './openEra.ts'
import { at, eraFacts, given, HOUR, leaseOf, saw } from './testEra.ts'
import { leafTree } from './tree.ts'
import type { Batch, EraFacts, EraState } from './types.ts'
import { type PostedReport, verifyDataSet } from './verifyDataSet.ts'

// CAST: an address in small letters is one
const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex
const accounts = [1, 2, 3, 4]
  .map((index) => privateKeyToAccount(numberToHex(index, { size: 32 })))
  .sort((a, b) => (lower(a.address) < lower(b.address) ? -1 : 1))
const monitors = accounts.map(({ address }) => ({ monitor: lower(address), weight: 100 }))
const reports: Hex = `0x${'ee'.repeat(20)}`
const domain = marketDomain({ chainId: 1, orderBook: `0x${'0b'.repeat(20)}` })

/** What lies around in a market: parts by hash, and reports on the chain. */
type Market = { parts: Map<Hex, Uint8Array>; reports: Map<bigint, PostedReport> }

function sourcesOf(market: Market): EraSources {
  return {
    domain,
    reports,
    part: async (hash) => market.parts.get(hash) ?? Promise.reject(new Error(`no part ${hash}`)),
    dataHashOf: async (era) => market.reports.get(era)?.dataHash ?? `0x${'00'.repeat(32)}`,
  }
}

async function sign(market: Market, batch: Batch): Promise<SignedBatch> {
  const account = accounts.find(({ address }) => lower(address) === batch.monitor)
  const bytes = encodeBatch(batch)
  const { monitor, era } = batch
  const digest = keccak256(bytes)
  market.parts.set(digest, bytes)
  const signature = await account?.signTypedData(typedData(domain, 'BatchHeader', { reports, era, monitor, digest }))
  return { monitor, digest, signature: signature ?? '0x' }
}

const leases = [leaseOf(1, { provider: 1n }), leaseOf(2, { provider: 2n, stop: at(1_800) })]

function batchOf(index: number, upBps: number, era = 1n): Batch {
  const observations = leases.map((one) => saw(one, { upBps }))
  return { monitor: monitors[index]?.monitor ?? '0x', era, observations, capacity: [], ratings: [] }
}

type Posting = { previous: EraState; before: DataSet['previous']; facts: EraFacts; batches: SignedBatch[] }

/** Computes an era as a leader does, and puts its report on the chain. */
async function post(market: Market, posting: Posting, recounts: readonly RecountSource[] = []) {
  const { previous, before, facts, batches } = posting
  const twice = batches.filter(({ monitor }, index) =>
    batches.some((one, other) => one.monitor === monitor && other !== index),
  )
  const opened = await Promise.all(recounts.map((source) => openRecount(sourcesOf(market), facts, source)))
  const result = computeEra({
    ...{ previous, facts, recounts: opened, equivocators: [...new Set(twice.map(({ monitor }) => monitor))] },
    batches: batches.filter((one) => !twice.includes(one)).map(({ digest }) => given(kept.get(digest))),
  })
  const { root } = leafTree(result.leaves)
  const built = buildDataSet({ reports, attempt: 0, facts, result, root, previous: before, batches, recounts })
  for (const [hash, part] of built.parts) market.parts.set(hash, part)
  const { era, until } = facts
  market.reports.set(era, { era, attempt: 0, root, coveredUntil: until, dataHash: built.dataHash })
  return { built, result }
}

const kept = new Map<Hex, Batch>()
async function signed(market: Market, batch: Batch): Promise<SignedBatch> {
  const one = await sign(market, batch)
  kept.set(one.digest, batch)
  return one
}

const byKey = (a: SignedBatch, b: SignedBatch) => (a.monitor + a.digest < b.monitor + b.digest ? -1 : 1)

/** Two eras: in the first two of four are not heard, in the second a late batch wins a dispute and somebody signs twice. */
async function twoEras() {
  const market: Market = { parts: new Map(), reports: new Map() }
  const heard = await Promise.all([0, 1].map((index) => signed(market, batchOf(index, 5_000))))
  const late = await signed(market, batchOf(2, 5_000))
  const first = eraFacts({ monitors, leases })
  const one = await post(market, { previous: emptyState(first.from), before: noPrevious, facts: first, batches: heard })
  const disputes = [{ dispute: 4n, lease: leases[0]?.lease ?? '0x', era: 1n }]
  const second = eraFacts({ monitors, leases, era: 2n, from: first.until, until: first.until + HOUR, disputes })
  const batches = await Promise.all(
    [batchOf(0, 9_950, 2n), batchOf(1, 9_950, 2n), batchOf(2, 9_950, 2n), batchOf(3, 0, 2n), batchOf(3, 1, 2n)].map(
      (batch) => signed(market, batch),
    ),
  )
  const { dataHash, dataSet } = one.built
  const recounts = [{ dispute: 4n, dataHash, batches: [late] }]
  const posting = { previous: one.result.state, facts: second, batches: batches.sort(byKey) }
  const two = await post(market, { ...posting, before: { dataHash, state: dataSet.state } }, recounts)
  return { market, one, two }
}

const reportOf = (market: Market, era: bigint) => given(market.reports.get(era))
const verify = (market: Market, era: bigint) => verifyDataSet({ ...sourcesOf(market), report: reportOf(market, era) })

test('a report is rebuilt from its data set, and every leaf of it proved', async () => {
  const { market, two } = await twoEras()
  const { result, tree } = await verify(market, 2n)
  expect(result).toEqual(two.result)
  expect(tree.root).toBe(reportOf(market, 2n).root)
  const [disputed] = leases
  const find = createLeafFinder(result.leaves)
  const found = find({ lease: disputed?.lease ?? '0x' })
  expect(found.map((index) => result.leaves[index])).toMatchObject([
    { kind: 'lease', served: HOUR / 2 + Math.floor(0.995 * HOUR) },
    { kind: 'credit' },
  ])
  expect(find({ dispute: 4n }).map((index) => result.leaves[index])).toMatchObject([{ upheld: true }])
  expect(find({ monitor: monitors[3]?.monitor ?? '0x' }).map((index) => result.leaves[index])).toMatchObject([
    { kind: 'monitorSlash' },
  ])
  expect(find({ provider: 1n })).toEqual([0])
  expect(find({ provider: 9n })).toEqual([])
})

/** The market with another data set in place of an era's, consistently hashed. */
function replaced({ market }: { market: Market }, era: bigint, change: (dataSet: DataSet) => DataSet): Market {
  const report = reportOf(market, era)
  const bytes = encodeDataSet(change(decodeDataSet(given(market.parts.get(report.dataHash)))))
  const dataHash = keccak256(bytes)
  return {
    parts: new Map([...market.parts, [dataHash, bytes]]),
    reports: new Map([...market.reports, [era, { ...report, dataHash }]]),
  }
}

const anyHash = keccak256('0xbad0')

test.each<[string, string, (dataSet: DataSet) => DataSet]>([
  ['a root that does not follow', 'root of the data set', (set) => ({ ...set, root: anyHash })],
  ['another attempt', 'attempt', (set) => ({ ...set, attempt: 1 })],
  ['another end', 'end of the facts', (set) => ({ ...set, until: set.until + 1 })],
  ['another contract', 'contract of the data set', (set) => ({ ...set, reports: `0x${'aa'.repeat(20)}` })],
  ['a batch left out', 'recomputed root', (set) => ({ ...set, batches: set.batches.slice(1) })],
  [
    'a recount of another data set',
    'data set of a recount',
    (set) => ({ ...set, recounts: set.recounts.map((recount) => ({ ...recount, dataHash: anyHash })) }),
  ],
  ['a recount left out', 'recomputed root', (set) => ({ ...set, recounts: [] })],
  ['a state that does not follow', 'recomputed state', (set) => ({ ...set, state: set.previous.state })],
  ['another state before', 'previous state', (set) => ({ ...set, previous: { ...set.previous, state: set.state } })],
  [
    'another data set before',
    'previous data set',
    (set) => ({ ...set, previous: { ...set.previous, dataHash: anyHash } }),
  ],
  [
    'a batch under another’s name',
    'signer of a batch',
    ({ batches: [one, two, ...rest], ...set }) => ({
      ...set,
      batches: [{ ...given(one), signature: given(two).signature }, given(two), ...rest],
    }),
  ],
])('%s is found', async (_, what, change) => {
  const market = replaced(await twoEras(), 2n, change)
  await expect(verify(market, 2n)).rejects.toMatchObject({ code: 'dataSetMismatch', data: { what } })
})

/** Signs a batch's header as a monitor, whoever's the batch is. */
async function signedHeader(index: number, batch: Batch, { parts }: Market, era = 2n): Promise<SignedBatch> {
  const bytes = encodeBatch(batch)
  const digest = keccak256(bytes)
  parts.set(digest, bytes)
  const account = given(accounts[index])
  const monitor = lower(account.address)
  const header = typedData(domain, 'BatchHeader', { reports, era, monitor, digest })
  return { monitor, digest, signature: await account.signTypedData(header) }
}

function put({ parts }: Market, bytes: Uint8Array): Hex {
  const hash = keccak256(bytes)
  parts.set(hash, bytes)
  return hash
}

const monitorOf = (index: number) => given(monitors[index]).monitor

type Forgery = (dataSet: DataSet, market: Market) => Promise<DataSet>

/** What `batches` has in place of all that a monitor said. */
const saying = async (set: DataSet, monitor: Hex, ...said: Promise<SignedBatch>[]): Promise<DataSet> => ({
  ...set,
  batches: [...set.batches.filter((one) => one.monitor !== monitor), ...(await Promise.all(said))].sort(byKey),
})

test.each<[string, object, Forgery]>([
  [
    'facts of another era',
    { what: 'era of the facts', found: 3n },
    async (set, market) => ({
      ...set,
      facts: [put(market, encodeFacts(eraFacts({ monitors, leases, era: 3n, from: at(HOUR), until: at(2 * HOUR) })))],
    }),
  ],
  [
    'a batch of somebody who is no monitor',
    { what: 'signer of a batch', expected: 'a monitor' },
    async (set, market) => {
      const stranger = privateKeyToAccount(numberToHex(9, { size: 32 }))
      const batch = { ...batchOf(0, 1, 2n), monitor: lower(stranger.address) }
      const digest = put(market, encodeBatch(batch))
      const header = { reports, era: 2n, monitor: batch.monitor, digest }
      const signature = await stranger.signTypedData(typedData(domain, 'BatchHeader', header))
      return { ...set, batches: [...set.batches, { monitor: batch.monitor, digest, signature }].sort(byKey) }
    },
  ],
  [
    'three batches of one',
    { what: `batches of ${monitorOf(3)}`, expected: 2, found: 3 },
    (set, market) =>
      saying(set, monitorOf(3), ...[1, 2, 3].map((upBps) => signedHeader(3, batchOf(3, upBps, 2n), market))),
  ],
  [
    'another’s batch under its own name',
    { what: 'monitor of a batch', expected: monitorOf(0), found: monitorOf(1) },
    (set, market) => saying(set, monitorOf(0), signedHeader(0, batchOf(1, 7_000, 2n), market)),
  ],
  [
    'a batch of another era',
    { what: `era of the batch of ${monitorOf(0)}`, expected: 2n, found: 1n },
    (set, market) => saying(set, monitorOf(0), signedHeader(0, batchOf(0, 7_000, 1n), market)),
  ],
  [
    'what is no signature',
    { what: 'signature of a batch', expected: monitorOf(0) },
    async (set) => ({
      ...set,
      batches: set.batches.map((one) =>
        one.monitor === monitorOf(0) ? { ...one, signature: `0x${'ff'.repeat(65)}` } : one,
      ),
    }),
  ],
  [
    'a recount that no dispute asks for',
    { what: 'dispute that is recounted', found: 5n },
    async (set) => ({ ...set, recounts: set.recounts.map((recount) => ({ ...recount, dispute: 5n })) }),
  ],
])('%s is found, whoever signed the rest', async (_, data, forge) => {
  const { market } = await twoEras()
  const forged = await forge(decodeDataSet(given(market.parts.get(reportOf(market, 2n).dataHash))), market)
  const changed = replaced({ market }, 2n, () => forged)
  await expect(verify(changed, 2n)).rejects.toMatchObject({ code: 'dataSetMismatch', data })
})

test('the data set of another era, and one before the first, are found', async () => {
  const { market } = await twoEras()
  const { dataHash } = reportOf(market, 1n)
  const earlier = new Map([...market.reports, [2n, { ...reportOf(market, 2n), dataHash }] as const])
  const what = (data: object) => ({ code: 'dataSetMismatch', data })
  await expect(verify({ ...market, reports: earlier }, 2n)).rejects.toMatchObject(
    what({ what: 'era of the data set', expected: 2n, found: 1n }),
  )
  const before = replaced({ market }, 1n, (set) => ({ ...set, previous: { ...set.previous, dataHash: anyHash } }))
  await expect(verify(before, 1n)).rejects.toMatchObject(what({ what: 'data set before the first', found: anyHash }))
})

test('what comes in several parts is read as one', async () => {
  const { market, two } = await twoEras()
  const [hash = '0x'] = two.built.dataSet.facts
  const whole = given(market.parts.get(hash))
  const cut = [whole.subarray(0, 100), whole.subarray(100, 150), whole.subarray(150)]
  const changed = replaced({ market }, 2n, (set) => ({ ...set, facts: cut.map((part) => put(market, part)) }))
  const parts = new Map([...market.parts, ...changed.parts])
  const { facts } = await openEra(sourcesOf({ ...changed, parts }), 2n)
  expect([facts.until, facts.leases.length, facts.leases.at(1)?.lease]).toEqual([at(2 * HOUR), 2, leases[1]?.lease])
})

test('what comes late stands in its place among what was counted', async () => {
  const market: Market = { parts: new Map(), reports: new Map() }
  const heard = await Promise.all([1, 3].map((index) => signed(market, batchOf(index, 5_000))))
  const facts = eraFacts({ monitors, leases })
  const { built } = await post(market, { previous: emptyState(facts.from), before: noPrevious, facts, batches: heard })
  const late = await Promise.all([2, 0].map((index) => sign(market, batchOf(index, 5_000))))
  const disputes = [{ dispute: 4n, lease: given(leases[0]).lease, era: 1n }]
  const source = { dispute: 4n, dataHash: built.dataHash, batches: late }
  const { batches } = await openRecount(sourcesOf(market), eraFacts({ disputes }), source)
  expect(batches.map(({ monitor }) => monitor)).toEqual(monitors.map(({ monitor }) => monitor))
})

test('a root on the chain that does not follow is found, though the data set agrees with it', async () => {
  const market = replaced(await twoEras(), 2n, (set) => ({ ...set, root: anyHash }))
  const report = { ...reportOf(market, 2n), root: anyHash }
  await expect(verifyDataSet({ ...sourcesOf(market), report })).rejects.toMatchObject({
    data: { what: 'recomputed root', expected: anyHash },
  })
})

test('a report is held against the chain’s data hash, and against the end that its data set has', async () => {
  const { market } = await twoEras()
  const report = reportOf(market, 2n)
  const verifyOther = (changed: object) => verifyDataSet({ ...sourcesOf(market), report: { ...report, ...changed } })
  await expect(verifyOther({ dataHash: anyHash })).rejects.toMatchObject({ data: { what: 'data hash' } })
  await expect(verifyOther({ coveredUntil: report.coveredUntil + 1 })).rejects.toMatchObject({ data: { what: 'end' } })
})

test('a part that is not what its hash says is found', async () => {
  const { market, two } = await twoEras()
  const hash = given(two.built.dataSet.facts[0])
  const bytes = Uint8Array.from(given(market.parts.get(hash)))
  bytes[100] = (bytes[100] ?? 0) ^ 1
  market.parts.set(hash, bytes)
  await expect(verify(market, 2n)).rejects.toMatchObject({ data: { what: 'hash of a part', expected: hash } })
})

test('a recount without late batches counts what was counted before', async () => {
  const { market, two } = await twoEras()
  const facts = eraFacts({ disputes: [{ dispute: 4n, lease: given(leases[0]).lease, era: 1n }] })
  const { dataHash } = two.built.dataSet.previous
  const { batches, metric } = await openRecount(sourcesOf(market), facts, { dispute: 4n, dataHash, batches: [] })
  expect(batches.map(({ monitor }) => monitor)).toEqual(monitors.slice(0, 2).map(({ monitor }) => monitor))
  expect(metric).toMatchObject({ upBps: undefined, servedSeconds: HOUR })
})

test('nobody takes back what it said by signing something else when it is recounted', async () => {
  const { market, one, two } = await twoEras()
  const facts = eraFacts({ disputes: [{ dispute: 4n, lease: given(leases[0]).lease, era: 1n }] })
  const { dataHash } = two.built.dataSet.previous
  const others = await Promise.all(
    [batchOf(0, 0), batchOf(0, 1), batchOf(2, 5_000)].map((batch) => sign(market, batch)),
  )
  const source = { dispute: 4n, dataHash, batches: others.sort(byKey) }
  const { batches } = await openRecount(sourcesOf(market), facts, source)
  expect(batches.map(({ monitor }) => monitor)).toEqual(monitors.slice(0, 3).map(({ monitor }) => monitor))
  const [said] = one.built.dataSet.batches
  expect(keccak256(encodeBatch({ ...given(batches[0]), observations: [...given(batches[0]).observations] }))).toBe(
    said?.digest,
  )
})

test('a data set has one form', async () => {
  const { two } = await twoEras()
  const { dataSet, bytes }: BuiltDataSet = two.built
  expect(decodeDataSet(bytes)).toEqual(dataSet)
  const text = new TextDecoder().decode(bytes)
  for (const other of [` ${text}`, text.replace('"attempt":0,', ''), text.replace('"era":"2"', '"era":"02"'), '{}'])
    expect(() => decodeDataSet(new TextEncoder().encode(other))).toThrow(
      expect.objectContaining({ code: 'notCanonical' }),
    )
  const reversed = { ...dataSet, batches: dataSet.batches.toReversed() }
  expect(() => decodeDataSet(encodeDataSet(reversed))).toThrow(expect.objectContaining({ code: 'notCanonical' }))
})
