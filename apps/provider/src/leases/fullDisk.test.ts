import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeDriver } from '@tender/driver/fake'
import { openStore } from '@tender/kit'
import { leaseId as leaseIdOf } from '@tender/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compressedKeyOf } from '../testKeys.ts'
import {
  bytes32,
  createScriptedMarket,
  leaseStores,
  manifestOf,
  openTestHost,
  orderOf,
  silent,
  termsOf,
  unreported,
} from '../testKit.ts'
import { openArchives } from './archives.ts'
import { openBlobs } from './blobs.ts'
import { createKeeper } from './keeper.ts'
import { createLeaseBook } from './leaseBook.ts'

// A real file system of 2 MiB that is really full; only the chain and the machine are played.

const isRoot = process.getuid?.() === 0
const soon = () => AbortSignal.timeout(60_000)
let disk: string
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'tender-disk-'))
  if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
})
afterEach(async () => {
  if (isRoot) execFileSync('umount', [disk])
  await rm(disk, { recursive: true })
})

function fill(): void {
  try {
    for (;;) appendFileSync(join(disk, 'filler'), Buffer.alloc(4_096))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  }
}

test.skipIf(!isRoot)(
  'a full disk costs no money and no workload, and what waited for room is done once there is',
  async () => {
    let now = 1_000
    const store = openStore({ file: join(disk, 'provider.db') })
    const blobs = await openBlobs(join(disk, 'blobs'))
    const archives = await openArchives(join(disk, 'archives'))
    const chain = createScriptedMarket(() => now)
    let settlements = 0
    const market: typeof chain.market = {
      ...chain.market,
      settle: (...args) => {
        settlements += 1
        return chain.market.settle(...args)
      },
    }
    const host = openTestHost({ [blobs.path(bytes32(1))]: { writes: ['one', 'two'] } })
    const driver = createFakeDriver(host)
    const book = createLeaseBook(leaseStores(store), market)
    const policy = { settleEverySeconds: 60, keepEndedSeconds: 3_600, keepVolumesSeconds: 0 }
    const privateKey = bytes32(77)
    const cardsOfJobs = () => []
    const rest = {
      cardsOfJobs,
      blobs,
      archives,
      privateKey,
      policy,
      reporting: unreported,
      nowSeconds: () => now,
      log: silent,
    }
    const keeper = createKeeper({ leases: book, market, driverFor: () => driver, ...rest })
    const terms = termsOf()
    const id = leaseIdOf(terms)
    chain.open(terms, 4_600)
    const agentKey = compressedKeyOf(privateKeyToAccount(privateKey))
    await book.open(terms, { order: orderOf(), agentKey }, soon())
    book.update(id, { phase: 'accepted', manifest: manifestOf(bytes32(1)) })
    const aborting = new AbortController()
    const running = keeper.run(aborting.signal)
    const patient = { timeout: 30_000, interval: 20 }
    await expect.poll(() => book.get(id)?.readyAt, patient).toBeDefined()

    fill()
    const big = Buffer.alloc(100_000, 1)
    const digest = createHash('sha256').update(big).digest('hex')
    await expect(blobs.put(digest, [big])).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(readdirSync(join(disk, 'blobs'))).toEqual([])
    // Until the store has no room either.
    expect(() => {
      for (let index = 0; index < 1_000; index++) book.update(id, { reason: 'x'.repeat(10_000 + index) })
    }).toThrow()
    now = 1_100
    keeper.wake()
    await expect.poll(() => chain.lease(terms).secondsPaid, patient).toBe(100)
    await expect.poll(() => book.get(id)?.chain.secondsPaid, patient).toBe(100)
    chain.close(terms)
    await book.refresh(id, soon()).catch(() => {})
    keeper.wake()
    await expect.poll(() => host.workloads.get(id)?.result, patient).toMatchObject({ reason: { kind: 'stopped' } })
    await expect.poll(() => chain.lease(terms).resolved, patient).toBe(true)
    expect(settlements).toBe(2)
    expect(keeper.troubles(id).length).toBeGreaterThan(0)

    rmSync(join(disk, 'filler'))
    now = 1_200
    const phase = () => {
      keeper.wake()
      return book.get(id)?.phase
    }
    await expect.poll(phase, patient).toBe('destroyed')
    expect(readdirSync(join(disk, 'archives'))).toEqual([id])
    expect(settlements).toBe(2)
    aborting.abort()
    await running
    store.close()
  },
)

test.skipIf(!isRoot)('a store opens on a full disk, so that a provider that is started anew can go on', () => {
  const file = join(disk, 'provider.db')
  openStore({ file }).close()
  fill()
  const store = openStore({ file })
  const { live } = leaseStores(store)
  expect(live.entries()).toEqual([])
  store.close()
})
