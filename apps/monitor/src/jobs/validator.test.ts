import { createLog, type Store } from '@tender/kit'
import type { MarketEvent } from '@tender/sdk'
import { concatHex, type Hex, pad, zeroHash } from 'viem'
import { expect, test, vi } from 'vitest'
import type { DrawnJob } from './drawnJob.ts'
import type { Finding } from './finding.ts'
import { addressOf, drawnJob, lease, NOW, openMemoryStore, seedOf, silent } from './testJobs.ts'
import { createValidator, type SignedVerdict, type Validator } from './validator.ts'
import { openVerdictBook } from './verdictBook.ts'

const good: Finding = { kind: 'judged', passed: true, reasons: { tasks: [], faults: [] } }
const bad: Finding = { kind: 'judged', passed: false, reasons: { tasks: [], faults: ['it is garbage'] } }
const unserved: Finding = { kind: 'unserved', what: 'no source has the bundle', since: NOW, tries: 1 }
const log = createLog({ name: 'test', level: 'silent' })
const signal = new AbortController().signal

const drawEvent = {
  type: 'JobDrawn',
  args: { lease, seed: seedOf(1), validators: drawnJob.validators },
  ...{ block: 205, blockHash: zeroHash, transaction: zeroHash, logIndex: 0, contract: addressOf(9), timestamp: NOW },
} satisfies MarketEvent

/** Signatures of this scene name who signed what. */
const signatureOf = (index: number, seed: Hex, passed: boolean) =>
  concatHex([seed, pad(addressOf(index), { size: 32 }), passed ? '0x01' : '0x00'])

/** A chain that says what the test says, and validators that find what they are told to. */
function createScene() {
  const chain: { job: DrawnJob | undefined; now: number } = { job: drawnJob, now: NOW }
  const posted: unknown[] = []
  const validators: (Validator | undefined)[] = []
  let nowMs = performance.now()

  function open(index: number, find: () => Finding | Promise<Finding>, store: Store = openMemoryStore()): Validator {
    const verdicts = openVerdictBook(store, async ({ seed, passed }) => signatureOf(index, seed, passed))
    const validator = createValidator({
      me: addressOf(index),
      verdicts,
      book: { lease: () => ({ lease, terms: drawnJob.terms, opened: 90, ends: [{ block: 90, end: NOW + 600 }] }) },
      read: async () => chain.job,
      judge: async () => find(),
      askVerdict: async (asked, request) => validators[drawnJob.validators.indexOf(asked)]?.find(request) ?? silent(),
      forget: async () => {},
      post: {
        resolve: async (job, passed, signatures) => {
          posted.push({ by: index, passed, signers: signatures.length })
          chain.job = { ...job, state: { ...job.state, state: 'ended', verdictUntil: undefined } }
        },
        redraw: async () => void posted.push({ by: index, redraw: true }),
        draw: async () => void posted.push({ by: index, draw: true }),
      },
      cutOff: () => false,
      nowSeconds: () => chain.now,
      turnSeconds: 20,
      log,
    })
    validators[index] = validator
    validator.see(drawEvent)
    return validator
  }

  /** Everybody does what is to be done, so many times. */
  async function run(rounds = 4): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const validator of validators) {
        await validator?.step(signal)
        await validator?.settled()
      }
    }
  }

  /** Judges so many times more, each time once it may again. */
  async function ask(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      nowMs = Math.max(nowMs, performance.now()) + 11_000
      const clock = vi.spyOn(performance, 'now').mockReturnValue(nowMs)
      await run(1)
      clock.mockRestore()
    }
  }
  return { chain, posted, open, run, ask }
}

test('who was not drawn has nothing to do', async () => {
  const { open, chain, run, posted } = createScene()
  const stranger = open(7, () => good)
  chain.now += 200
  await run()
  expect(stranger.work()).toEqual([])
  expect(posted).toEqual([])
})

test('three agree: the one that was drawn first posts, and nobody else', async () => {
  const { open, chain, run, posted } = createScene()
  const signed: SignedVerdict[] = []
  for (const index of [0, 1, 2]) open(index, () => good).onVerdict((verdict) => signed.push(verdict))
  await run()
  expect(posted).toEqual([])
  chain.now += 100
  await run()
  expect(posted).toEqual([{ by: 0, passed: true, signers: 3 }])
  expect(signed).toEqual([0, 1, 2].map(() => ({ passed: true, seconds: 100, tasks: [] })))
})

test('two are against one: the verdict is theirs, and it does not wait for the tenant', async () => {
  const { open, chain, run, posted } = createScene()
  open(0, () => good)
  open(1, () => bad)
  open(2, () => bad)
  await run()
  // The first, which finds it good, has not signed yet: it is the second one's turn after it.
  expect(posted).toEqual([])
  chain.now += 20
  await run()
  expect(posted).toEqual([{ by: 1, passed: false, signers: 2 }])
})

test('one is offline: the other two resolve, the later one when it is its turn', async () => {
  const { open, chain, run, posted } = createScene()
  open(1, () => good)
  open(2, () => good)
  chain.now += 100
  await run()
  expect(posted).toEqual([])
  chain.now += 20
  await run()
  expect(posted).toEqual([{ by: 1, passed: true, signers: 2 }])
})

test('two are offline: another set is called for, and then drawn', async () => {
  const { open, chain, run, posted } = createScene()
  open(2, () => good)
  chain.now += 200
  await run()
  chain.now = NOW + 539
  await run()
  expect(posted).toEqual([])
  chain.now = NOW + 540
  await run(1)
  expect(posted).toEqual([{ by: 2, redraw: true }])
  const { state } = drawnJob
  chain.job = { ...drawnJob, state: { ...state, state: 'recalled', since: chain.now, drawUntil: chain.now + 300 } }
  chain.now += 40
  await run(1)
  expect(posted.at(-1)).toEqual({ by: 2, draw: true })
})

test('what was signed is the same after a restart, whatever is found then', async () => {
  const { open, chain, run } = createScene()
  const store = openMemoryStore()
  open(0, () => bad, store)
  await run()
  const again = open(0, () => good, store)
  await run()
  expect(again.find({ lease, seed: seedOf(1) })).toEqual({
    passed: false,
    signature: signatureOf(0, seedOf(1), false),
    tasks: [],
    faults: ['it is garbage'],
  })
  // Also when the job is long over.
  chain.job = chain.job && { ...chain.job, state: { ...chain.job.state, state: 'ended', verdictUntil: undefined } }
  await run(1)
  chain.now += 4_000
  await run(1)
  expect(again.work()).toEqual([])
  expect(again.find({ lease, seed: seedOf(1) }).passed).toBe(false)
})

test('a draw that was taken back has no verdict, and the next one gets its own', async () => {
  const { open, chain, run } = createScene()
  let finding = bad
  const validator = open(0, () => finding)
  await run()
  expect(validator.find({ lease, seed: seedOf(1) }).passed).toBe(false)

  chain.job = undefined
  await run(1)
  expect(() => validator.find({ lease, seed: seedOf(1) })).toThrow(expect.objectContaining({ code: 'unknownVerdict' }))

  const seed = seedOf(2)
  const { state } = drawnJob
  chain.job = { ...drawnJob, seed, verdictSeed: seed, verdictSeeds: [seed], state: { ...state, commitment: seed } }
  chain.now += 100
  finding = good
  await run()
  expect(() => validator.find({ lease, seed: seedOf(1) })).toThrow(expect.objectContaining({ code: 'unknownVerdict' }))
  expect(validator.find({ lease, seed })).toMatchObject({ passed: true, signature: signatureOf(0, seed, true) })
})

test('a challenge voids what was signed, and the tasks are judged again', async () => {
  const { open, chain, run } = createScene()
  let judged = 0
  const validator = open(0, () => {
    judged += 1
    return bad
  })
  await run()
  const seed = seedOf(3)
  const seeds = [seedOf(1), seed]
  const state = { ...drawnJob.state, commitment: seed, challenged: true }
  chain.job = { ...drawnJob, challenged: [4], verdictSeed: seed, verdictSeeds: seeds, state }
  await run()
  expect(validator.find({ lease, seed }).signature).toBe(signatureOf(0, seed, false))
  expect(judged).toBe(2)
})

test('its own trouble is no verdict: it tries again, until the time is over', async () => {
  const { open, chain, run, posted } = createScene()
  const validator = open(0, () => Promise.reject(new Error('the disk is full')))
  await run()
  expect(validator.work()).toEqual([{ lease, state: 'judging' }])
  chain.now = NOW + 500
  await run(1)
  expect(validator.counts()).toMatchObject({ signed: { passed: 0, failed: 0 } })
  expect(posted).toEqual([{ by: 0, redraw: true }])
})

test('what nobody serves is asked for until most of the time is over, and then the provider has failed', async () => {
  const { open, chain, run, ask } = createScene()
  const validator = open(0, () => unserved)
  await run(1)
  expect(validator.work()).toEqual([{ lease, state: 'unserved', why: 'no source has the bundle' }])
  await ask(2)
  chain.now = NOW + 374
  await run(1)
  expect(validator.work()).toMatchObject([{ state: 'unserved' }])
  chain.now = NOW + 375
  await run(1)
  expect(validator.find({ lease, seed: seedOf(1) })).toMatchObject({
    passed: false,
    faults: ['no source has the bundle: nobody served it in time'],
  })
})

test('its own trouble makes what it asked for in vain before say nothing', async () => {
  const { open, chain, run, ask } = createScene()
  let isBusy = false
  const validator = open(0, () => (isBusy ? Promise.reject(new Error('this machine was too busy')) : unserved))
  await run(1)
  await ask(4)
  isBusy = true
  await ask(1)
  chain.now = NOW + 499
  isBusy = false
  await ask(2)
  expect(validator.counts().signed).toEqual({ passed: 0, failed: 0 })
})
