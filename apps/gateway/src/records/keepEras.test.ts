import { createLog } from '@tender/kit'
import { type Leaf, leafTree, UnreachableError, type VerifiedEra } from '@tender/protocol'
import { asc } from 'drizzle-orm'
import { type Hex, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { leaves, providerEras, reports } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { keepEras } from './keepEras.ts'

const log = createLog({ name: 'test', level: 'silent' })
const lease: Hex = `0x${'1e'.repeat(32)}`

/** What monitors published of an era. */
function dataOf(era: bigint): VerifiedEra {
  const all: Leaf[] = [
    { kind: 'lease', lease, served: Number(era) * 60 },
    { kind: 'provider', provider: 7n, score: 9_000, rewards: 2n ** 90n, slashed: 0n },
  ]
  const record = { provider: 7n, score: 9_000, inputs: undefined, rewards: 2n ** 90n, slashed: 0n }
  // CAST: what is written down is all that is read of it
  return { tree: leafTree(all), result: { leaves: all, state: { providers: [record] } } } as unknown as VerifiedEra
}

/** Writes what the indexer writes of a report, and tells of it. */
function post(store: Store, era: bigint, over: Partial<typeof reports.$inferInsert> = {}): Promise<void> {
  return store.write(async ({ tx, tell }) => {
    await tx.insert(reports).values({
      ...{ era, attempt: 0, position: Number(era), block: Number(era), tx: zeroHash, at: 1, round: 0 },
      ...{ root: dataOf(era).tree.root, dataHash: zeroHash, coveredUntil: 2, from: 1, effectiveAt: 3 },
      ...{ signers: [], signedWeight: 1, totalWeight: 1 },
      ...over,
    })
    tell({ type: 'era', tenant: null, provider: null, data: { era: String(era) } })
  })
}

function keeping(store: Store, eraData: (era: bigint) => Promise<VerifiedEra>): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const done = keepEras({ store, network: { eraData }, log }, stopping.signal)
  onTestFinished(() => stopping.abort())
  return {
    stop() {
      stopping.abort()
      return done
    },
  }
}

const keptEras = (store: Store) =>
  store.read(async (db) => {
    const rows = await db.select({ era: leaves.era, kind: leaves.kind }).from(leaves).orderBy(asc(leaves.era))
    return [...new Set(rows.map(({ era }) => era))]
  })

describeStores('what reports say', (stores) => {
  test('is written down as they come, once, also over a restart', async () => {
    const place = await stores.place()
    const store = await stores.open(place)
    const asked: bigint[] = []
    const eraData = async (era: bigint) => {
      asked.push(era)
      return dataOf(era)
    }
    await post(store, 1n)
    const keeper = keeping(store, eraData)
    await expect.poll(() => keptEras(store)).toEqual([1n])
    await post(store, 2n)
    await expect.poll(() => keptEras(store)).toEqual([1n, 2n])
    await keeper.stop()
    await store.close()

    const again = await stores.open(place)
    const anew = keeping(again, eraData)
    await post(again, 3n)
    await expect.poll(() => keptEras(again)).toEqual([1n, 2n, 3n])
    await anew.stop()
    expect(asked).toEqual([1n, 2n, 3n])
    const rows = await again.read((db) => db.select().from(leaves).orderBy(asc(leaves.era), asc(leaves.leaf)))
    expect(rows).toHaveLength(6)
    expect(rows[0]).toMatchObject({
      kind: 'lease',
      subject: lease,
      hash: dataOf(1n).tree.leaf(0),
      data: { served: 60 },
    })
    expect(rows[1]).toMatchObject({ kind: 'provider', subject: '7', data: { rewards: String(2n ** 90n) } })
    const said = await again.read((db) => db.select().from(providerEras).orderBy(asc(providerEras.era)))
    expect(said.map(({ era, score, rewards }) => [era, score, rewards])).toEqual(
      [1n, 2n, 3n].map((era) => [era, 9_000, 2n ** 90n]),
    )
  })

  test('that comes while another one is written down is not left until later', async () => {
    const store = await stores.open()
    const { promise: second, resolve: go } = Promise.withResolvers<void>()
    const keeper = keeping(store, async (era) => {
      if (era === 1n) await second
      return dataOf(era)
    })
    await post(store, 1n)
    await post(store, 2n)
    go()
    await expect.poll(() => keptEras(store)).toEqual([1n, 2n])
    await keeper.stop()
  })

  test('that nobody has, or that is of another report, holds no other up, and is asked for again', async () => {
    const store = await stores.open()
    let away = true
    const asked: bigint[] = []
    const keeper = keeping(store, async (era) => {
      asked.push(era)
      if (era === 5n && away) throw new UnreachableError('nobody answers', { code: 'noMonitorAnswers' })
      return dataOf(era === 4n ? 99n : era)
    })
    for (const era of [4n, 5n, 6n]) await post(store, era)
    await post(store, 7n, { vetoedTx: zeroHash, vetoedAt: 4 })
    await expect.poll(() => keptEras(store)).toEqual([6n])
    away = false
    await expect.poll(() => keptEras(store), { timeout: 30_000 }).toEqual([5n, 6n])
    await keeper.stop()
    expect(asked).not.toContain(7n)
    expect(asked.filter((era) => era === 6n)).toHaveLength(1)
  })
})
