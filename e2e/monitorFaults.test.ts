import { eraReportsAbi } from '@tender/abi'
import type { TenantLease } from '@tender/cli'
import { unfaithful } from '@tender/driver/testUnfaithful'
import { createWatcher, type MonitorOptions, type Watcher, type WatcherOptions } from '@tender/monitor'
import type { Observation } from '@tender/protocol'
import { closeLease, findReports, getLease, getNextReport, getPenalties } from '@tender/sdk'
import { decodeFunctionData, isAddressEqual, parseTransaction } from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ERA_SECONDS, type EraMarket, LIVENESS_ERAS, startEraMarket } from './support/eraMarket.ts'
import type { ReportedEra } from './support/eras.ts'
import type { Ledger } from './support/ledger.ts'
import type { MarketMonitor } from './support/marketMonitor.ts'
import type { RpcCall } from './support/rpcProxy.ts'
import { until } from './support/until.ts'
import { afterNow } from './support/views.ts'

// One market, to which one thing after the other happens. Its chain, its monitors, its providers and its tenant are real.

/** For hangs. */
const LIMIT_MS = 600_000

let market: EraMarket
/** At a provider that serves, and at one that lets visitors through only while `serves`. */
let steady: TenantLease
let fickle: TenantLease
let serves = true
let closeGates = () => {}
let atFirst: Ledger

beforeAll(async () => {
  market = await startEraMarket({
    driverOf(role, driver) {
      if (role.name !== 'baltic') return driver
      const gated = unfaithful(driver, () => serves)
      closeGates = gated.close
      return gated.driver
    },
  })
  atFirst = await market.ledger()
  const [alpine, baltic] = market.providers
  if (!alpine || !baltic) throw new Error('there are two')
  steady = await market.rent(alpine.provider)
  fickle = await market.rent(baltic.provider)
}, LIMIT_MS)

afterAll(async () => {
  await market?.stop()
  closeGates()
})

// Whatever happened: the escrow has exactly what it owes, and whatever the tenant gave somebody else has, to the unit.
afterEach(async () => {
  serves = true
  const { tokens, owes, tenant, leases, earned, fees } = await market.ledger()
  expect(tokens).toBe(atFirst.tokens)
  expect(owes).toBe(tokens)
  const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n)
  const paid = sum([...leases.values()].map((lease) => lease.paid))
  const held = sum([...leases.values()].map((lease) => lease.held))
  expect(atFirst.tenant - tenant - held).toBe(paid)
  expect(sum(Object.values(earned)) + fees).toBe(paid)
})

function monitorAt(index: number): MarketMonitor {
  const monitor = market.monitors[index]
  if (!monitor) throw new Error('there are four')
  return monitor
}

/** The first era from now on of which so many monitors tell both leases: who was just started needs a moment. */
async function eraSeenBy(count: number): Promise<ReportedEra> {
  for (let era = await market.eras.from(await afterNow(market)); ; era = await market.eras.reported(era.era + 1n)) {
    if ([steady, fickle].every(({ leaseId }) => era.metric(leaseId).seenBy.length === count)) return era
  }
}

/** Every second that was due counts as served, and nothing is owed for it. Nobody said that it was not, be it that too few saw it. */
async function expectServed(era: ReportedEra, { leaseId }: TenantLease): Promise<void> {
  const { dueSeconds, servedSeconds, upBps = 10_000 } = era.metric(leaseId)
  expect({ upBps, dueSeconds, servedSeconds }).toEqual({
    upBps: 10_000,
    dueSeconds: era.until - era.from,
    servedSeconds: era.until - era.from,
  })
  const before = await market.eras.reported(era.era - 1n)
  expect(era.credit(leaseId)).toBe(before.credit(leaseId))
}

/** The provider is paid what that report says, or a later one: not a second more or less. */
async function expectPaid(era: ReportedEra, { leaseId }: TenantLease): Promise<void> {
  const secondsPaid = await until('the settlement', async () => {
    const paid = (await market.ledger()).leases.get(leaseId)?.secondsPaid ?? 0
    return paid >= era.served(leaseId) ? paid : undefined
  })
  let last = era
  while (last.served(leaseId) < secondsPaid) last = await market.eras.reported(last.era + 1n)
  expect(secondsPaid).toBe(last.served(leaseId))
}

/**
 * All fees that settlements paid are shared whole among the monitors, from that era on, and whose part is none gets none of them
 * (but of an era that too few saw, in which nobody can be told to be wrong), until those of one era are shared by these parts, in the monitors' order; what does not divide goes to the first, one unit each.
 * On a busy machine an honest monitor misses a lease now and then: then it gets less, and the next fees tell.
 */
async function expectFees(era: ReportedEra, parts: readonly number[]): Promise<void> {
  const all = parts.reduce((sum, part) => sum + part, 0)
  for (let [last, before] = [era, await market.eras.reported(era.era - 1n)]; ; ) {
    const total = [...last.facts.leases].reduce((sum, { fees }) => sum + fees, 0n)
    const earned = market.monitors.map(({ address }) => last.fees(address) - before.fees(address))
    expect(earned.reduce((sum, amount) => sum + amount, 0n)).toBe(total)
    const known = [steady, fickle].every(({ leaseId }) => last.metric(leaseId).upBps !== undefined)
    parts.forEach((part, index) => {
      if (part === 0 && known) expect(earned[index]).toBe(0n)
    })
    const off = parts.map((part, index) => (earned[index] ?? 0n) - (total * BigInt(part)) / BigInt(all))
    if (total > 0n && off.every((units) => units === 0n || units === 1n)) return
    ;[last, before] = [await market.eras.reported(last.era + 1n), last]
  }
}

/** A monitor that signs other observations than it made. */
function liar(
  say: (own: Observation) => Observation,
  more: (honest: Watcher, options: WatcherOptions) => Partial<Watcher> = () => ({}),
): Pick<MonitorOptions, 'createWatcher'> {
  return {
    createWatcher(options) {
      const honest = createWatcher(options)
      return {
        ...honest,
        async observe(...asked) {
          const { observations, capacity } = await honest.observe(...asked)
          return { observations: observations.map(say), capacity }
        },
        ...more(honest, options),
      }
    },
  }
}

const down = (own: Observation): Observation => ({
  ...{ ...own, probes: 1_000, upBps: 0, latencyMs: 60_000, spreadMs: 60_000 },
  ...{ challenges: 1_000, answered: 0, startedAt: own.startedAt + 1_000_000 },
})
const up = (own: Observation): Observation => ({ ...own, probes: 1_000, upBps: 10_000, latencyMs: 1, spreadMs: 0 })

test(
  'a monitor that lies about everything changes nothing, and earns nothing',
  async () => {
    const accuses = (honest: Watcher, { suspect, nowSeconds }: WatcherOptions): Partial<Watcher> => ({
      async watch(era, leases) {
        for (const { lease } of leases) suspect({ lease, endedAt: nowSeconds(), probes: [] })
        return honest.watch(era, leases)
      },
      confirm: async () => ({ vanished: true }),
    })
    await monitorAt(3).start(liar(down, accuses))
    const era = await eraSeenBy(4)
    for (const lease of [steady, fickle]) {
      await expectServed(era, lease)
      await expectPaid(era, lease)
      // Nobody joins in ending it.
      expect(await getLease(market.tenant.market, { lease: lease.leaseId })).toMatchObject({ status: 'running' })
    }
    await expectFees(era, [1, 1, 1, 0])
  },
  LIMIT_MS,
)

test(
  'a monitor that lies about one victim hurts only itself',
  async () => {
    await monitorAt(3).start(liar((own) => (own.lease === fickle.leaseId ? down(own) : own)))
    const era = await eraSeenBy(4)
    for (const lease of [steady, fickle]) {
      await expectServed(era, lease)
      await expectPaid(era, lease)
    }
    // It agreed about one of two leases.
    await expectFees(era, [2, 2, 2, 1])
  },
  LIMIT_MS,
)

test(
  'a provider that is down is not paid although a monitor says that it is up, and its tenant is credited',
  async () => {
    await monitorAt(3).start(liar((own) => (own.lease === fickle.leaseId ? up(own) : own)))
    const { leaseId, terms } = fickle
    serves = false
    const era = await eraSeenBy(4)
    const before = await market.eras.reported(era.era - 1n)
    const dueSeconds = era.until - era.from
    expect(era.metric(leaseId)).toMatchObject({ upBps: 0, dueSeconds, servedSeconds: 0 })
    expect(era.served(leaseId)).toBe(before.served(leaseId))
    await expectServed(era, steady)
    await expectFees(era, [2, 2, 2, 1])
    // Half of what the era cost; a smallest unit of the asset is worth 10^12 of the stake token's.
    const price = (terms.rate * BigInt(dueSeconds) * 10n ** 12n) / 3_600n
    expect(era.credit(leaseId) - before.credit(leaseId)).toBe(price / 2n)

    serves = true
    const after = await eraSeenBy(4)
    await expectServed(after, fickle)
    for (const lease of [steady, fickle]) await expectPaid(after, lease)
    const client = market.tenant.market
    const credited = await until('the credit', async () => {
      const { applied } = await getPenalties(client, { lease: leaseId })
      return applied >= after.credit(leaseId) ? applied : undefined
    })
    expect(credited).toBe(after.credit(leaseId))
  },
  LIMIT_MS,
)

test(
  'three monitors report on when one falls silent, which earns nothing',
  async () => {
    await monitorAt(3).stop()
    const era = await eraSeenBy(3)
    const next = await market.eras.reported(era.era + 1n)
    for (const one of [era, next]) {
      expect(one.report.signers).toHaveLength(3)
      expect(one.report.signers).not.toContain(monitorAt(3).address)
      for (const lease of [steady, fickle]) await expectServed(one, lease)
    }
    expect(next.from).toBe(era.until)
    for (const lease of [steady, fickle]) await expectPaid(next, lease)
    await expectFees(era, [1, 1, 1, 0])
    await monitorAt(3).start()
  },
  LIMIT_MS,
)

/** The report that a call would post. */
function postingOf({ method, params }: RpcCall): { era: bigint; round: number } | undefined {
  const [raw] = params
  if (method !== 'eth_sendRawTransaction' || typeof raw !== 'string') return undefined
  // CAST: what an endpoint is asked to send
  const { to, data } = parseTransaction(raw as `0x02${string}`)
  if (!to || !data || !isAddressEqual(to, market.book.contracts.eraReports)) return undefined
  const call = decodeFunctionData({ abi: eraReportsAbi, data })
  return call.functionName === 'postReport' ? call.args[0] : undefined
}

test(
  'another monitor posts when the leader dies between proposing and posting, once, and the dead one catches up',
  async () => {
    let died: { monitor: MarketMonitor; era: bigint; round: number } | undefined
    for (const monitor of market.monitors) {
      monitor.judge((calls) => {
        const posting = calls.map(postingOf).find((found) => found !== undefined)
        if (!posting) return 'pass'
        died ??= { monitor, ...posting }
        return died.monitor === monitor ? 'drop' : 'pass'
      })
    }
    const { monitor, era: diedIn, round } = await until('a leader that posts', async () => died)
    await monitor.stop()

    const era = await market.eras.reported(diedIn)
    const [posted, ...more] = await findReports(market.tenant.market, { era: diedIn })
    expect(more).toEqual([])
    expect(posted?.round).not.toBe(round)
    const { rpc } = market.tenant.market
    const { from } = await rpc.getTransaction({ hash: era.report.transaction })
    expect(from).not.toBe(monitor.address.toLowerCase())
    const next = await market.eras.reported(diedIn + 1n)
    expect(next.from).toBe(era.until)
    for (const lease of [steady, fickle]) {
      await expectServed(era, lease)
      await expectPaid(next, lease)
    }

    for (const one of market.monitors) one.judge(undefined)
    await monitor.start()
    const again = await eraSeenBy(4)
    for (const lease of [steady, fickle]) await expectServed(again, lease)
    await expectFees(again, [1, 1, 1, 1])
  },
  LIMIT_MS,
)

test(
  'a monitor whose clock is off by minutes agrees all the same',
  async () => {
    await monitorAt(3).startWithClock(5 * 60_000)
    // From here on there is no report without it.
    await monitorAt(0).stop()
    const era = await eraSeenBy(3)
    expect(era.report.signers).toContain(monitorAt(3).address)
    for (const lease of [steady, fickle]) {
      await expectServed(era, lease)
      await expectPaid(era, lease)
    }
    await expectFees(era, [0, 1, 1, 1])
    await monitorAt(0).start()
    await monitorAt(3).start()
  },
  LIMIT_MS,
)

test(
  'a report that the chain rolls back comes again, and nobody is paid twice',
  async () => {
    const { rpc } = market.tenant.market
    // One that pays something: monitors that were just started have nothing to tell at first.
    const lost = await eraSeenBy(4)
    for (const lease of [steady, fickle]) await expectPaid(lost, lease)
    const { leases } = await market.ledger()
    // It counts back from its newest block, and one may come between the question and that.
    const isThere = async () =>
      (await findReports(market.tenant.market, { era: lost.era })).some(({ block }) => block <= lost.report.block)
    while (await isThere())
      await market.cheat('anvil_reorg', [Number(await rpc.getBlockNumber()) - lost.report.block + 1, []])
    // What was paid by it was never paid. Whoever was quick has posted it again by now, in a later block.
    const then = await market.ledger(BigInt(lost.report.block))
    for (const { leaseId } of [steady, fickle]) {
      const { secondsPaid = 0 } = then.leases.get(leaseId) ?? {}
      expect(secondsPaid).toBeLessThan(leases.get(leaseId)?.secondsPaid ?? 0)
    }

    const again = await market.eras.reported(lost.era)
    // It may well be the same transaction, mined again.
    expect(again.report.block).toBeGreaterThan(lost.report.block)
    expect(again.from).toBe(lost.from)
    expect(await findReports(market.tenant.market, { era: lost.era })).toHaveLength(1)
    const next = await market.eras.reported(lost.era + 1n)
    for (const lease of [steady, fickle]) await expectPaid(next, lease)
  },
  LIMIT_MS,
)

/** The last report of monitors most of which are gone: what they had signed before may still have come. */
async function untilNoMore(): Promise<ReportedEra> {
  for (;;) {
    const { lastEra } = await getNextReport(market.tenant.market)
    const last = await market.eras.reported(lastEra)
    if ((await getNextReport(market.tenant.market)).lastEra === lastEra) return last
  }
}

test(
  'when all monitors are dead for long, providers are paid by time and tenants get the rest, until monitors come back',
  async () => {
    const client = market.tenant.market
    // Who is left tells what was reported last.
    await Promise.all(market.monitors.slice(1).map((monitor) => monitor.stop()))
    const last = await untilNoMore()
    for (const lease of [steady, fickle]) await expectPaid(last, lease)
    await monitorAt(0).stop()
    await market.cheat('evm_increaseTime', [LIVENESS_ERAS * ERA_SECONDS])
    await market.cheat('evm_mine', [])

    for (const lease of [steady, fickle]) {
      const { leaseId } = lease
      const byTime = async () => (await getLease(client, { lease: leaseId })).byTime || undefined
      await until('the fallback', byTime)
      await closeLease(client, { lease: leaseId })
      const { stop, secondsPaid, held } = await until('the last settlement', async () => {
        const found = await getLease(client, { lease: leaseId })
        return found.status === 'resolved' ? found : undefined
      })
      // What the last report says, and each second since.
      expect(secondsPaid).toBe(last.served(leaseId) + stop - last.until)
      expect(held).toBe(0n)
    }

    const paid = await market.ledger()
    const dead = await getNextReport(client)
    expect(dead).toMatchObject({ lastEra: last.era, fallbackOpen: true })
    await Promise.all(market.monitors.map((monitor) => monitor.start()))
    // What they had sealed before they died, and one report for all of the time that nobody saw.
    const back = await market.eras.covering(last.until + LIVENESS_ERAS * ERA_SECONDS)
    expect(back.era - last.era).toBeLessThanOrEqual(2n)
    await market.eras.reported(back.era + 1n)
    expect((await getNextReport(client)).fallbackOpen).toBe(false)
    expect(await market.ledger()).toEqual(paid)
  },
  LIMIT_MS,
)
