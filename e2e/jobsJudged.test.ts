import { fileURLToPath } from 'node:url'
import { capacityRegistryAbi } from '@tender/abi'
import { monitorRoles } from '@tender/cli'
import { deposit, feeOf, resourceId } from '@tender/protocol'
import { findJobEvents, findUnbonding, getJob } from '@tender/sdk'
import type { TenantLease } from '@tender/tenant'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { cheating } from './support/jobCheats.ts'
import { type Balances, darts, type JobMarket, type RunningJob, startJobMarket } from './support/jobMarket.ts'
import { killTenders, startTender } from './support/tender.ts'
import { until } from './support/until.ts'

// Jobs of one market at the same time, each of which ends in another way. Four monitors, all of which are drawn for each job. One of
// them, and later another, is switched off; waiting is done by the chain's clock.

const DEADLINE_MS = 400_000
const FEE_BPS = 100
const DURATION = 120
/** Longer than any machine takes. */
const TIMING = { challengeSeconds: 600, drawSeconds: 600, verdictSeconds: 600 }
const DEADLINE_SECONDS = 7_200
const VERIFY_FEE = 4_003n
/** A quarter of the fee, and what is left of it. */
const PART = 1_000n
const montecarlo = fileURLToPath(new URL('../examples/montecarlo/montecarlo.wasm', import.meta.url))

const addressOf = (key: Hex) => privateKeyToAccount(key).address
const [dawn, noon, dusk] = monitorRoles.map(({ key }) => addressOf(key))

const cases = {
  challenged: {},
  outvoted: { LIARS: 'night' },
  oneAway: {},
  undecided: { LIARS: 'dawn night' },
  late: { HANGS: 'yes' },
  bundleless: {},
}
type Case = keyof typeof cases

let market: JobMarket
let before: Balances
const jobs = new Map<Case, RunningJob>()
beforeAll(async () => {
  market = await startJobMarket({ jobTiming: TIMING, driverOf: cheating })
  before = await market.balances()
  const verify = 'verify: { sample: 2, validators: 4, fee: 0.004003 USDC }'
  const ordering = Object.entries(cases).map(async ([name, environment]) => {
    const text = darts(montecarlo, environment, {
      job: `{ tasks: 4, deadline: ${DEADLINE_SECONDS}s, output: { max: 1KiB }, ${verify} }`,
      tender: `duration: ${DURATION}s`,
    })
    // CAST: these are the keys
    jobs.set(name as Case, await market.run(name, text, name !== 'bundleless'))
  })
  await Promise.all(ordering)
}, DEADLINE_MS)
afterEach(killTenders)
afterAll(() => market?.stop(), DEADLINE_MS)

const jobOf = (name: Case) => jobs.get(name) ?? expect.fail(`there is no job ${name}`)
const leaseOf = (name: Case) => jobOf(name).lease
const priceOf = ({ terms }: TenantLease) => deposit(terms.rate, DURATION)
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

const stateIs = (name: Case, ...states: string[]) =>
  until(`${name} to be ${states.join(' or ')}`, async () => {
    const { state } = await getJob(market.chain, { lease: leaseOf(name).leaseId })
    return states.includes(state) || undefined
  })

function monitorOf(name: string) {
  const found = market.market.monitors.find(({ role }) => role.name === name)
  return found?.monitor ?? expect.fail(`there is no monitor ${name}`)
}

/** Resolves when those monitors came to a finding on that job, signed or not. */
const judgedBy = (name: Case, ...monitors: string[]) =>
  until(`${monitors} to have judged ${name}`, async () => {
    const { leaseId } = leaseOf(name)
    const works = monitors.map((monitor) =>
      monitorOf(monitor)
        .status()
        .jobs.find(({ lease }) => lease === leaseId),
    )
    return works.every((work) => work?.state === 'signed' || work?.state === 'waiting') || undefined
  })

/** What a good verdict of those validators pays. `charged`: the fee, or fee and bond. */
function goodEnd(name: Case, charged: bigint, signers: readonly (Address | undefined)[]) {
  const price = priceOf(leaseOf(name))
  const fee = feeOf(price, FEE_BPS)
  const part = charged / 4n
  const rest = charged - part * BigInt(signers.length)
  const given = new Map([...signers.map((signer) => [signer, part] as const), [tenantAddress(), rest] as const])
  return { paid: price - fee, fee, refunded: 0n, given, penalty: 0n }
}

const tenantAddress = () => market.chain.account?.address ?? expect.fail('no account')
const nothingPaid = (name: Case) => ({ paid: 0n, fee: 0n, refunded: priceOf(leaseOf(name)) })

test(
  'a challenge without cause, by the command line: provider paid, and the bond is the validators’',
  async () => {
    for (const name of ['challenged', 'outvoted', 'oneAway', 'undecided'] as const) await stateIs(name, 'drawn')
    // The liar has said what it had to say. From here on one of four is offline.
    for (const name of ['outvoted', 'undecided'] as const) await judgedBy(name, 'night')
    await monitorOf('night').stop()

    const { leaseId } = leaseOf('challenged')
    const command = ['job', 'challenge', leaseId, '--tasks', '1,3', '--yes', '--json']
    const { code, stdout, stderr } = await startTender(market.home, command).finished
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(JSON.parse(stdout)).toMatchObject({ leases: [{ leaseId, tasks: [1, 3], bond: `${VERIFY_FEE}` }] })

    // A verdict on a challenge waits for nobody.
    expect(await jobOf('challenged').outcomes).toMatchObject([{ passed: true, refunded: 0n }])
    const money = await market.moneyOf(leaseId)
    expect(money).toEqual(goodEnd('challenged', 2n * VERIFY_FEE, [dawn, noon, dusk]))
    expect(money.given.get(dawn ?? '0x')).toBe((2n * VERIFY_FEE) / 4n)
  },
  DEADLINE_MS,
)

test(
  'one of four validators lies, or is offline: the three others decide, and its part of the fee is the tenant’s again',
  async () => {
    for (const name of ['outvoted', 'oneAway'] as const) await judgedBy(name, 'dawn', 'noon', 'dusk')
    await market.skip(TIMING.challengeSeconds)
    for (const name of ['outvoted', 'oneAway'] as const) {
      expect(await jobOf(name).outcomes).toMatchObject([{ passed: true, refunded: 0n }])
      const money = await market.moneyOf(leaseOf(name).leaseId)
      expect(money).toEqual(goodEnd(name, VERIFY_FEE, [dawn, noon, dusk]))
      expect(money.given.get(tenantAddress())).toBe(PART + 3n)
    }
  },
  DEADLINE_MS,
)

test(
  'a bundle that nobody serves: the provider gives the job back before it began, and everything is the tenant’s again',
  async () => {
    // Its start window has passed by now.
    expect(await jobOf('bundleless').outcomes).toMatchObject([
      { reason: expect.stringContaining('did not begin'), paid: 0n },
    ])
    const { leaseId } = leaseOf('bundleless')
    expect(await market.moneyOf(leaseId)).toEqual({ ...nothingPaid('bundleless'), given: new Map(), penalty: 0n })
    expect(await findJobEvents(market.chain, { lease: leaseId })).toEqual([])
  },
  DEADLINE_MS,
)

test(
  'two validators say yes and two no, and then two are offline: after a second draw the price is split by time',
  async () => {
    await monitorOf('dusk').stop()
    await market.skip(TIMING.challengeSeconds + TIMING.verdictSeconds)
    await stateIs('undecided', 'redrawn')
    await market.skip(TIMING.verdictSeconds)
    expect(await jobOf('undecided').outcomes).toHaveLength(1)

    const { leaseId } = leaseOf('undecided')
    const half = priceOf(leaseOf('undecided')) / 2n
    const fee = feeOf(half, FEE_BPS)
    const given = new Map([[tenantAddress(), VERIFY_FEE]])
    const refunded = priceOf(leaseOf('undecided')) - half
    expect(await market.moneyOf(leaseId)).toEqual({ paid: half - fee, fee, refunded, given, penalty: 0n })
    const types = (await findJobEvents(market.chain, { lease: leaseId })).map(({ type }) => type)
    expect(types).toEqual(['JobBegun', 'JobSubmitted', 'JobDrawn', 'JobRecalled', 'JobDrawn', 'JobSplit'])
  },
  DEADLINE_MS,
)

test(
  'a provider that is too slow misses the deadline: everything comes back, and it pays its penalty',
  async () => {
    const { leaseId, terms } = leaseOf('late')
    await market.skip(DEADLINE_SECONDS)
    expect(await jobOf('late').outcomes).toMatchObject([{ paid: 0n }])

    const { rpc, book } = market.chain
    const penalty = await rpc.readContract({
      address: book.contracts.capacityRegistry,
      abi: capacityRegistryAbi,
      functionName: 'penaltyOf',
      args: [terms.provider, resourceId('cu'), terms.units, terms.tier],
    })
    expect(penalty).toBeGreaterThan(0n)
    const given = new Map([[tenantAddress(), VERIFY_FEE]])
    expect(await market.moneyOf(leaseId)).toEqual({ ...nothingPaid('late'), given, penalty })
    // It comes out of the provider's stake like stake that is withdrawn.
    expect(await findUnbonding(market.chain, { account: tenantAddress() })).toHaveLength(1)
  },
  DEADLINE_MS,
)

test('nothing else went from anybody to anybody', async () => {
  const ends = await Promise.all(
    [...jobs.values()].map(async ({ lease }) => ({ lease, ...(await market.moneyOf(lease.leaseId)) })),
  )
  const after = await market.balances()
  const rises = after.monitors.map((amount, at) => amount - (before.monitors[at] ?? 0n))
  const bond = (2n * VERIFY_FEE) / 4n
  expect(rises).toEqual([bond + 2n * PART, bond + 2n * PART, bond + 2n * PART, 0n])
  for (const [at, { provider }] of market.market.providers.entries()) {
    const own = ends.filter(({ lease }) => lease.terms.provider === provider.id)
    expect((after.owners[at] ?? 0n) - (before.owners[at] ?? 0n)).toBe(sum(own.map(({ paid }) => paid)))
    expect((before.stakes[at] ?? 0n) - (after.stakes[at] ?? 0n)).toBe(sum(own.map(({ penalty }) => penalty)))
  }
  expect(after.fees - before.fees).toBe(sum(ends.map(({ fee }) => fee)))
  expect(before.tenant - after.tenant).toBe(sum(ends.map(({ paid, fee }) => paid + fee)) + sum(rises))
  expect(after.jobs).toBe(0n)
})
