import { providerRoles } from '@tender/cli'
import { askMonitor } from '@tender/monitor'
import { findReports, getLease, getPenalties, getStake } from '@tender/sdk'
import { expect, onTestFinished, test } from 'vitest'
import { startEraMarket } from './support/eraMarket.ts'
import type { ReportedEra } from './support/eras.ts'
import { startHalves } from './support/halves.ts'
import { natNetworkMissing } from './support/natNetwork.ts'
import { freePorts } from './support/tender.ts'
import { until } from './support/until.ts'
import { expectConserved, seenBy, timeOf } from './support/views.ts'

// The network falls into two halves, each with two of four monitors; one has the provider. On a real chain, in real processes.

const missing = await natNetworkMissing()
if (missing) console.warn(`skipped: ${missing}`)

// Long enough that whoever is cut off for half of it knows: an answer to a ping is waited for five seconds.
const eraSeconds = 12
const quarter = eraSeconds / 4
/** No machine is so busy that a visit of a provider that can be reached takes as long. */
const VISIT_MS = 10_000
/** Long enough for a visit that begins when they part to be given up. */
const PARTED_SECONDS = 20

test.skipIf(missing)(
  'two halves that cannot see each other over the end of an era punish nobody, and every second is paid',
  async () => {
    const ingressPort = await freePorts(1)
    const isFar = ({ name }: { name: string }) => name === 'dusk' || name === 'night'
    const halves = await startHalves({ isFar, ingressPort })
    onTestFinished(halves.close)
    const market = await startEraMarket({
      eraSeconds,
      roles: providerRoles.slice(0, 1),
      address: halves.here,
      ingressOf: () => ({ host: halves.here, port: ingressPort }),
      monitorOf: async (role, chain) => ({
        place: await halves.placeOf(role, chain),
        probe: { timeoutMs: VISIT_MS },
      }),
    })
    onTestFinished(market.stop)
    const [first] = market.providers
    if (!first) throw new Error('there is one')
    const { provider } = first
    const { market: chain } = market.tenant
    const lease = await market.rent(provider)
    const { leaseId } = lease
    const timeIs = (time: number) =>
      until(`second ${time} of the chain`, async () => ((await timeOf(market)) >= time ? true : undefined))
    const stakes = () =>
      Promise.all(market.monitors.map(({ address }) => getStake(chain, { monitor: address, account: address })))
    let seenByAll = await market.eras.covering(await timeOf(market))
    while (seenByAll.metric(leaseId).seenBy.length < market.monitors.length) {
      seenByAll = await market.eras.reported(seenByAll.era + 1n)
    }
    const before = { stakes: await stakes(), era: seenByAll }

    // Over an era's end at least, so that no report can be agreed on either.
    await halves.part()
    const partedAt = await timeOf(market)
    const boundary = nextBoundary(before.era.until, partedAt)
    await until('that all know that they are cut off', async () => {
      const { length } = (await Promise.all(market.monitors.map(({ stateDir }) => askMonitor(stateDir)))).filter(
        ({ blind }) => blind,
      )
      return length === 4 ? true : undefined
    })
    await timeIs(Math.max(boundary + quarter, partedAt + PARTED_SECONDS))
    expect(
      await findReports(chain).then((reports) => reports.filter(({ coveredUntil }) => coveredUntil >= boundary)),
    ).toEqual([])
    await halves.join()
    const joinedAt = await timeOf(market)

    // One report for each era, without a gap.
    const after = await market.eras.covering(Math.max(boundary + eraSeconds, joinedAt))
    const reports = await findReports(chain)
    expect(reports.map(({ era }) => era)).toEqual(reports.map((_, index) => BigInt(index + 1)))
    const eras: ReportedEra[] = []
    for (let era = before.era.era + 1n; era <= after.era; era++) eras.push(await market.eras.reported(era))
    for (const [index, { from }] of eras.entries()) expect(from).toBe((eras[index - 1] ?? before.era).until)

    // They saw nothing, or failures: neither counts.
    const parted = eras.filter(({ from, until: end }) => from <= joinedAt && end > partedAt)
    for (const monitor of market.monitors) {
      const seen = await Promise.all(parted.map(({ era }) => seenBy(market, monitor, lease, era)))
      const visits = seen.flatMap(({ probes }) => probes).filter(({ kind }) => kind === 'http')
      const blind = visits.filter(({ outcome }) => outcome === 'blind')
      expect(visits.filter(({ outcome }) => outcome === 'bad')).toEqual([])
      expect(blind.some(({ at }) => at >= partedAt && at <= joinedAt)).toBe(true)
      expect(blind.some(({ detail }) => detail !== '')).toBe(isFar(monitor.role))
    }

    // Nobody loses anything: all that was due counts as served, and is paid.
    for (const era of eras) {
      const { dueSeconds, servedSeconds } = era.metric(leaseId)
      expect({ dueSeconds, servedSeconds }).toEqual({
        dueSeconds: era.until - era.from,
        servedSeconds: era.until - era.from,
      })
      expect(era.credit(leaseId)).toBe(0n)
      expect(era.result.leaves.filter(({ kind }) => kind === 'credit' || kind === 'monitorSlash')).toEqual([])
    }
    expect(after.score(provider.id)).toBeGreaterThanOrEqual(before.era.score(provider.id))
    expect(await getPenalties(chain, { provider: provider.id })).toEqual({ applied: 0n })
    expect(await stakes()).toEqual(before.stakes)
    await until('the payment for it', async () => {
      const { secondsPaid } = await getLease(chain, { lease: lease.terms })
      return secondsPaid >= after.served(leaseId) ? true : undefined
    })
    expect((await getLease(chain, { lease: lease.terms })).status).toBe('running')
    await expectConserved(market)
  },
  600_000,
)

/** The first end of an era by the clock from now on. */
function nextBoundary(boundary: number, now: number): number {
  return boundary + Math.ceil((now - boundary) / eraSeconds) * eraSeconds
}
