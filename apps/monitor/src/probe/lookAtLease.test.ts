import { hostLabel } from '@tender/ingress'
import { openStore } from '@tender/kit'
import { type ProvenAnswer, RefusedError } from '@tender/network'
import { type Hex, keccak256, numberToHex, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import type { Serves } from '../mesh/promises.ts'
import { createLeaseMemories, leaseMemorySchema } from './leaseMemory.ts'
import { createLeaseEyes } from './lookAtLease.ts'
import { watchConfigSchema } from './watchConfig.ts'
import type { Reach, WatchedLease } from './watchedLease.ts'

const soon = () => AbortSignal.timeout(60_000)
const bytes32 = (n: number): Hex => keccak256(numberToHex(n))
const lease: WatchedLease = {
  lease: bytes32(1),
  provider: 7n,
  order: bytes32(2),
  start: 1_000,
  stop: 5_000,
  startWindow: 60,
}
const label = hostLabel(lease.lease)
const contact = { publicKey: '0x02', addresses: [] } as const

type Said = { url?: string; running?: boolean; startedAt?: number }

/** Eyes for one lease, whose provider says what the test sets. */
function open({ promised, reach = { contact } }: { promised?: Serves; reach?: Reach } = {}) {
  const store = openStore({ file: ':memory:' })
  onTestFinished(() => store.close())
  const memories = createLeaseMemories(store.collection('memories', leaseMemorySchema))
  const now = { seconds: 2_000 }
  let said: Said | Error = {}
  const eyes = createLeaseEyes({
    config: watchConfigSchema.parse({ probe: { allowPrivate: true, timeoutMs: 2_000 } }),
    memories,
    promised: () => promised,
    reach: async () => reach,
    async askChallenge(_contact, { lease: id, nonce }): Promise<ProvenAnswer> {
      if (said instanceof Error) throw said
      const { url = '', running = true, startedAt } = said
      const answer = { lease: id, nonce, at: now.seconds, running, url }
      if (startedAt === undefined) return { answer, signature: '0x' }
      const started = { lease: id, at: startedAt, inputs: zeroHash }
      return { answer, signature: '0x', started: { started, signature: '0x' } }
    },
    nowSeconds: () => now.seconds,
  })
  async function ask(next: Said | Error) {
    said = next
    const { seen, ...rest } = await eyes.ask(lease, soon())
    return { ...rest, seen: seen.map(({ kind, outcome, detail }) => [kind, outcome, detail]) }
  }
  return { eyes, memories, ask, now, known: () => memories.get(lease.lease) }
}

const address = (n: number) => `http://${label}.host${n}.example:8080`
const good = ['challenge', 'good', '']
const well = ['health', 'good', '']

test('an address that changes is followed three times in an era, then no more', async () => {
  const { ask, known, memories } = open({ promised: 'http' })
  expect(await ask({ url: address(0) })).toEqual({ seen: [good, well], reached: true, moved: true })
  expect((await ask({ url: address(0) })).moved).toBe(false)
  for (const n of [1, 2, 3]) expect(await ask({ url: address(n) })).toMatchObject({ seen: [good, well], moved: true })
  const once = await ask({ url: address(4) })
  expect(once).toMatchObject({ seen: [['challenge', 'bad', 'its address changes too often'], well], moved: false })
  expect(known().url).toBe(address(3))
  memories.enter(lease.lease, 8n, 'http')
  expect((await ask({ url: address(4) })).moved).toBe(true)
})

test('a provider that is nowhere for a while is visited where it was', async () => {
  const { ask, known } = open({ promised: 'http' })
  await ask({ url: address(0) })
  for (let n = 0; n < 9; n++) expect(await ask({ url: n % 2 ? address(0) : '' })).toMatchObject({ seen: [good, well] })
  expect(known()).toMatchObject({ url: address(0), urlChanges: 0 })
})

test("an address that is not the lease's own is never taken", async () => {
  const { ask, known, eyes } = open({ promised: 'http' })
  const foreign = await ask({ url: 'http://169.254.169.254' })
  expect(foreign.seen[0]).toEqual(['challenge', 'bad', "the address it names is not the lease's own"])
  expect([known().url, eyes.hasAddress(lease)]).toEqual([undefined, false])
  expect(await eyes.visit(lease, soon())).toMatchObject({
    outcome: 'bad',
    detail: 'its provider names no address of it',
  })
})

test('the first signed start counts, and makes it due before its window is over', async () => {
  const { ask, eyes, now, known } = open()
  now.seconds = 1_010
  expect(await ask({ running: false })).toMatchObject({ seen: [good] })
  expect(eyes.isDue(lease)).toBe(false)
  await ask({ startedAt: 1_005 })
  await ask({ startedAt: 1_030 })
  expect([known().startedAt, eyes.isDue(lease)]).toEqual([1_005, true])
})

test('who never signs a start is due at the end of its window all the same', async () => {
  const { eyes, now } = open()
  now.seconds = 1_059
  expect(eyes.isDue(lease)).toBe(false)
  now.seconds = 1_060
  expect(eyes.isDue(lease)).toBe(true)
})

test('silence says something of health only where there is nobody else to ask', async () => {
  const silence = new Error('no answer')
  const visited = open({ promised: 'http' })
  expect(await visited.ask(silence)).toMatchObject({ seen: [['challenge', 'bad', 'no answer']], reached: false })
  const hidden = open({ promised: 'nothing' })
  expect(await hidden.ask(silence)).toMatchObject({
    seen: [
      ['challenge', 'bad', 'no answer'],
      ['health', 'bad', 'no answer'],
    ],
  })
  expect(await hidden.eyes.visit(lease, soon())).toBeUndefined()
})

test('a refusal is no answer, but somebody is there', async () => {
  const { ask } = open({ promised: 'http' })
  const refusal = new RefusedError({ code: 'unknownLease', class: 'notFound', message: 'no such lease' })
  expect(await ask(refusal)).toMatchObject({ seen: [['challenge', 'bad', 'unknownLease']], reached: true })
})

test('a provider that hides is not there; one that was not heard yet is not judged', async () => {
  const hiding = open({ reach: { contact: undefined, state: 'hidden' } })
  const words = 'its provider announces no address'
  expect(await hiding.ask({})).toMatchObject({ seen: [['challenge', 'bad', words]], reached: false })
  const unheard = open({ reach: { contact: undefined, state: 'unheard' } })
  expect(await unheard.ask({})).toEqual({ seen: [], reached: undefined, moved: false })
})
