import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assemble } from '@tender/driver-wasm/testModules'
import { chanceToCatch, deposit, feeOf, sampledTasks, tasksOfReplica } from '@tender/protocol'
import { findJobEvents } from '@tender/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cheating } from './support/jobCheats.ts'
import { darts, type JobMarket, startJobMarket } from './support/jobMarket.ts'

// A provider that delivers garbage for a fifth of its tasks: where it is caught it pays, where it is not it is paid; to the smallest unit.

const DEADLINE_MS = 400_000
const FEE_BPS = 100
const DURATION = 600
const montecarlo = fileURLToPath(new URL('../examples/montecarlo/montecarlo.wasm', import.meta.url))

/** All at the same provider: the cheapest has 16 units. */
const LEASES = 12
/** Of each lease, and which of them are skipped. */
const TASKS = 10
const SKIPPED = [2, 7]
const SAMPLE = 3
const VERIFY_FEE = 3_001n
const PART = 1_000n

let market: JobMarket
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tender-jobs-'))
  const jobTiming = { challengeSeconds: 5, drawSeconds: 1_200, verdictSeconds: 1_200 }
  market = await startJobMarket({ jobTiming, driverOf: cheating })
}, DEADLINE_MS)
afterAll(async () => {
  await market?.stop()
  await rm(folder, { recursive: true, force: true })
}, DEADLINE_MS)

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

test(
  'who cheats on a fifth of the tasks pays if one of them is drawn, and else is paid; as often as was predicted',
  async () => {
    const before = await market.balances()
    // Tasks of a lease are as far apart as there are leases.
    const skipped = SKIPPED.flatMap((nth) => Array.from({ length: LEASES }, (_, index) => nth * LEASES + index))
    const verify = `verify: { sample: ${SAMPLE}, validators: 3, fee: 0.003001 USDC }`
    const text = darts(
      montecarlo,
      { SKIPPED: skipped.join(' ') },
      {
        job: `{ tasks: ${TASKS * LEASES}, deadline: 30m, output: { max: 1KiB }, ${verify} }`,
        tender: `duration: ${DURATION}s\n  replicas: ${LEASES}\n  countries: [CA]`,
      },
    )
    const { leases, outcomes } = await market.run('cheated', text)

    const ends = []
    for (const [at, { passed }] of (await outcomes).entries()) {
      const { leaseId, terms } = leases[at] ?? expect.fail('no lease')
      const events = await findJobEvents(market.chain, { lease: leaseId })
      const drawn = events.find(({ type }) => type === 'JobDrawn')
      if (drawn?.type !== 'JobDrawn') throw new Error('nobody was drawn')
      const { seed, validators } = drawn.args
      const own = tasksOfReplica(TASKS * LEASES, LEASES, terms.index)
      const met = sampledTasks(seed, own, SAMPLE).filter((task) => skipped.includes(task))
      expect(passed).toBe(met.length === 0)

      const price = deposit(terms.rate, DURATION)
      const money = await market.moneyOf(leaseId)
      const fee = passed ? feeOf(price, FEE_BPS) : 0n
      expect(money).toMatchObject({ paid: passed ? price - fee : 0n, fee, refunded: passed ? 0n : price })
      expect(money.penalty > 0n).toBe(!passed)
      const signed = validators.filter((validator) => money.given.has(validator))
      expect(signed.length).toBeGreaterThanOrEqual(2)
      for (const validator of signed) expect(money.given.get(validator)).toBe(PART)
      expect(sum([...money.given.values()])).toBe(VERIFY_FEE)
      ends.push({ ...money, earned: PART * BigInt(signed.length), passed })
    }

    const after = await market.balances()
    const at = market.market.providers.findIndex(({ provider }) => provider.id === leases[0]?.terms.provider)
    expect(leases.every(({ terms }) => terms.provider === leases[0]?.terms.provider)).toBe(true)
    expect((after.owners[at] ?? 0n) - (before.owners[at] ?? 0n)).toBe(sum(ends.map(({ paid }) => paid)))
    expect((before.stakes[at] ?? 0n) - (after.stakes[at] ?? 0n)).toBe(sum(ends.map(({ penalty }) => penalty)))
    const earned = sum(ends.map((end) => end.earned))
    expect(sum(after.monitors) - sum(before.monitors)).toBe(earned)
    expect(after.fees - before.fees).toBe(sum(ends.map(({ fee }) => fee)))
    expect(before.tenant - after.tenant).toBe(sum(ends.map(({ paid, fee }) => paid + fee)) + earned)
    expect(after.jobs).toBe(0n)

    const caught = ends.filter(({ passed }) => !passed).length
    // 53 %, and four standard deviations of it.
    const { exact } = chanceToCatch({ tasks: TASKS, cheated: SKIPPED.length, sample: SAMPLE })
    const expected = exact * ends.length
    const spread = Math.sqrt(expected * (1 - exact))
    expect(Math.abs(caught - expected)).toBeLessThan(4 * spread)
  },
  DEADLINE_MS,
)

test(
  'tasks that fail, and outputs over the limit, are delivered as they are, and the others go on',
  async () => {
    const image = join(folder, 'fails.wasm')
    await writeFile(image, assemble('failsOdd'))
    const verify = 'verify: { sample: 4, validators: 3, fee: 0.003 USDC }'
    const job = (max: string) => `{ tasks: 4, deadline: 30m, output: { max: ${max} }, ${verify} }`
    const tender = `duration: ${DURATION}s`
    const failing = await market.run('failing', darts(image, {}, { job: job('1KiB'), tender }))
    const large = await market.run('large', darts(montecarlo, {}, { job: job('8'), tender }))

    expect(await failing.outcomes).toMatchObject([{ passed: true, refunded: 0n }])
    const failed = failing.events.flatMap((event) => (event.type === 'failedTask' ? [event] : []))
    const told = failed.map(({ record, log }) => [record.task, record.exit, log?.lines.map(({ text }) => text)])
    expect(told.sort()).toEqual([
      [1, 3, ['odd']],
      [3, 3, ['odd']],
    ])
    const kept = failing.events.flatMap((event) => (event.type === 'output' ? [event.record] : []))
    expect(kept.map(({ task, outputBytes }) => [task, outputBytes]).sort()).toEqual(
      [0, 1, 2, 3].map((task) => [task, 1]),
    )

    // Validators had none either.
    expect(await large.outcomes).toMatchObject([{ passed: true, refunded: 0n }])
    const over = large.events.flatMap((event) => (event.type === 'failedTask' ? [event] : []))
    expect(over.map(({ record: { task, exit, outputBytes } }) => [task, exit, outputBytes]).sort()).toEqual(
      [0, 1, 2, 3].map((task) => [task, 137, 0]),
    )
    expect(over[0]?.log?.end).toContain('killed')
  },
  DEADLINE_MS,
)
