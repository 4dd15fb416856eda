import { get } from 'node:http'
import { providerRoles, type TenantLease } from '@tender/cli'
import { unfaithful } from '@tender/driver/testUnfaithful'
import { deposit, getLease, getPenalties } from '@tender/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EraMarket, startEraMarket } from './support/eraMarket.ts'
import type { ReportedEra } from './support/eras.ts'
import { startFrontGate } from './support/frontGate.ts'
import { freePorts } from './support/tender.ts'
import { until } from './support/until.ts'
import { afterNow, expectConserved, seenBy, timeOf } from './support/views.ts'

// Providers that were good to earn trust, and then serve whom they must please and no others: on a real chain, with real monitors.

const isLinux = process.platform === 'linux'
if (!isLinux) console.warn('skipped: all of 127.0.0.0/8 is this machine on Linux only')

/** For hangs. */
const TEST_MS = 600_000

/** Each is unfaithful in a way of its own, once all have earned trust. */
const [monitorsOnly, knownAddressOnly, whileProbed] = providerRoles.map(({ name }) => name)
/** Where the first two monitors' visits come from, as their contacts on the chain say. */
const known = '127.0.0.1'
const unknown = ['127.0.0.3', '127.0.0.4']
/** After it was looked at. */
const PROBED_MS = 15
/** Trust level 4: low enough to be earned in a few eras. */
const ENOUGH = 4_000

let market: EraMarket
let faithful = true
const leases = new Map<string, TenantLease>()
let good: ReportedEra
let bad: ReportedEra
const cleanups: (() => unknown)[] = []

beforeAll(async () => {
  if (!isLinux) return
  const port = await freePorts(1)
  const behind = '127.0.0.2'
  const gate = await startFrontGate({ port, behind, admits: (visitor) => faithful || visitor === known })
  cleanups.push(gate.close)
  const serves: Record<string, Parameters<typeof unfaithful>[1]> = {
    [monitorsOnly ?? '']: () => faithful,
    [whileProbed ?? '']: ({ inspectedMs }) => faithful || performance.now() - inspectedMs < PROBED_MS,
  }
  market = await startEraMarket({
    roles: providerRoles,
    driverOf({ name }, driver) {
      const unfaithfulOne = unfaithful(driver, serves[name] ?? (() => true))
      cleanups.push(unfaithfulOne.close)
      return unfaithfulOne.driver
    },
    ingressOf: ({ name }) => (name === knownAddressOnly ? { host: behind, port } : { port: 0 }),
    monitorOf: async ({ name }) => {
      const localAddress = unknown[['dusk', 'night'].indexOf(name)]
      return localAddress === undefined ? {} : { probe: { localAddress } }
    },
  })
  cleanups.push(market.stop)
  await deposit(market.tenant.market, { asset: market.asset, amount: 20_000_000n })
  for (const { role, provider } of market.providers) leases.set(role.name, await market.rent(provider))
  good = await market.eras.covering(await timeOf(market))
  while (market.providers.some(({ provider }) => good.score(provider.id) < ENOUGH)) {
    good = await market.eras.reported(good.era + 1n)
  }
  faithful = false
  bad = await market.eras.from(await afterNow(market))
  // Who was kept from looking, on a busy machine, says nothing of that era.
  const all = market.monitors.length
  while (![...leases.values()].every(({ leaseId }) => bad.metric(leaseId).seenBy.length === all)) {
    bad = await market.eras.reported(bad.era + 1n)
  }
}, TEST_MS)
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

const at = (name = '') => {
  const found = market.providers.find(({ role }) => role.name === name)
  const lease = leases.get(name)
  if (!found || !lease) throw new Error(`${name} has a lease`)
  return { id: found.provider.id, lease }
}

/** In an era as a whole; half of what the era cost is owed to the tenant. */
async function expectFoundOut(name: string | undefined): Promise<number> {
  const { id, lease } = at(name)
  const { leaseId, terms } = lease
  const before = await market.eras.reported(bad.era - 1n)
  const { upBps = 10_000, dueSeconds, servedSeconds } = bad.metric(leaseId)
  expect(dueSeconds).toBe(bad.until - bad.from)
  expect(servedSeconds).toBe(Math.floor((dueSeconds * upBps) / 10_000))
  expect(bad.served(leaseId) - before.served(leaseId)).toBe(servedSeconds)
  const price = (terms.rate * BigInt(dueSeconds)) / 3_600n
  expect(bad.credit(leaseId) - before.credit(leaseId)).toBe((price * 10n ** 12n) / 2n)
  expect(bad.score(id)).toBeLessThan(before.score(id))
  const { market: chain } = market.tenant
  await until('the credit', async () => {
    const { applied } = await getPenalties(chain, { lease: leaseId })
    return applied >= bad.credit(leaseId) ? true : undefined
  })
  return upBps
}

test.skipIf(!isLinux)(
  'a provider that answers monitors and no users is paid for nothing',
  async () => {
    const { lease } = at(monitorsOnly)
    expect(await expectFoundOut(monitorsOnly)).toBe(0)
    // It answered every monitor that asked it, said that all was well, and was believed only that it is there.
    for (const monitor of market.monitors) {
      const { observation, probes } = await seenBy(market, monitor, lease, bad.era)
      expect(observation).toMatchObject({ upBps: 0, answered: observation.challenges })
      expect(probes.filter(({ kind, outcome }) => kind === 'health' && outcome === 'bad')).toEqual([])
      expect(observation.answered).toBeGreaterThan(0)
    }
    await until('the last payment', async () => {
      const { secondsPaid } = await getLease(market.tenant.market, { lease: lease.terms })
      return secondsPaid >= bad.served(lease.leaseId) ? true : undefined
    })
    await expectConserved(market)
  },
  TEST_MS,
)

test.skipIf(!isLinux)(
  'one that serves the addresses that monitors are known by is found out from others',
  async () => {
    const { lease } = at(knownAddressOnly)
    expect(await expectFoundOut(knownAddressOnly)).toBe(0)
    const saw = new Map<string, number>()
    for (const monitor of market.monitors) {
      saw.set(monitor.role.name, (await seenBy(market, monitor, lease, bad.era)).observation.upBps)
    }
    expect(Object.fromEntries(saw)).toEqual({ dawn: 10_000, noon: 10_000, dusk: 0, night: 0 })
    // As users do, from wherever they are.
    expect(await visit(lease.url, known)).toBe(200)
    expect(await visit(lease.url, '127.0.0.9')).toBeUndefined()
    await expectConserved(market)
  },
  TEST_MS,
)

test.skipIf(!isLinux)(
  'one that serves just when it is asked is found out when nobody asks',
  async () => {
    const { lease } = at(whileProbed)
    const upBps = await expectFoundOut(whileProbed)
    // It is paid what visitors had of it, and no promise is kept by that.
    expect(upBps).toBeLessThan(lease.terms.uptimeBps)
    expect(upBps).toBeLessThan(7_500)
    const [first] = market.monitors
    if (!first) throw new Error('there are four')
    const { observation } = await seenBy(market, first, lease, bad.era)
    expect(observation.answered).toBe(observation.challenges)
    await expectConserved(market)
  },
  TEST_MS,
)

/** What a visitor from an address of this machine is told; `undefined`: nothing. */
function visit(url: string | undefined, localAddress: string): Promise<number | undefined> {
  const { host, port } = new URL(url ?? '')
  const asked = { host: '127.0.0.1', port, headers: { host }, localAddress, agent: false }
  return new Promise((resolve) => {
    get(asked, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', () => resolve(undefined))
  })
}
