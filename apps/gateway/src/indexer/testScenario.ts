import { TenderError } from '@tender/protocol'
import { sendStakeTokens, setMonitorWeight, stake } from '@tender/sdk'
import { addProvider, addTenant, type TestMarket, testAccount } from '@tender/sdk/testMarket'
import { joinTestMonitor, type TestMonitor } from '@tender/sdk/testReports'
import { actions } from './testActions.ts'
import { jobActions } from './testJobs.ts'
import { ruin } from './testRuin.ts'
import { randomFrom, tokens, type World } from './testWorld.ts'

/** A market in which anything may happen next, decided by a seed. */
export type Scenario = {
  readonly market: TestMarket
  /** Tries everything once, in a random order. Contracts refuse some of it. */
  play(): Promise<void>
  /** Ends badly, once: stake, monitors and a provider are lost. */
  ruin(): Promise<void>
  /** How often each thing went through. */
  readonly done: ReadonlyMap<string, number>
}

export async function startScenario(market: TestMarket, seed: number): Promise<Scenario> {
  const world = await startWorld(market, seed)
  const done = new Map<string, number>()
  return {
    market,
    done,
    ruin: () => ruin(world),
    async play() {
      for (const [name, action] of shuffled(Object.entries({ ...actions, ...jobActions }), world.random)) {
        if (await allowed(action(world))) done.set(name, (done.get(name) ?? 0) + 1)
      }
    },
  }
}

/** Everybody is there, and nothing happened yet. */
export async function startWorld(market: TestMarket, seed: number): Promise<World> {
  const tenants = [
    await addTenant(market, { account: 1, amount: 50_000_000n }),
    await addTenant(market, { account: 6, amount: 50_000_000n }),
  ]
  const providers = [await addProvider(market, { first: 2 }), await addProvider(market, { first: 4, country: 'FR' })]
  const delegator = await market.client(7)
  for (const account of [1, 6, 7, 8]) {
    await sendStakeTokens(market.governor, { to: testAccount(account).address, amount: tokens(4_000) })
  }
  const monitor = await heavyMonitor(market)
  const lists = { leases: [], auctions: [], requests: [], disputes: [] }
  const random = randomFrom(seed)
  const second = await market.client(8)
  return {
    market,
    random,
    tenants,
    providers,
    delegator,
    monitor,
    second,
    ...lists,
    report: undefined,
    nonce: 1n,
  }
}

/** Whether it went through, rather than being refused by a contract or for want of anything to do it with. */
async function allowed(doing: Promise<unknown>): Promise<boolean> {
  try {
    return (await doing) !== undefined
  } catch (error) {
    if (error instanceof TenderError && error.class !== 'internal' && error.class !== 'network') return false
    throw error
  }
}

function shuffled<T>(list: readonly T[], random: (below: number) => number): T[] {
  const rest = [...list]
  return list.flatMap(() => rest.splice(random(rest.length), 1))
}

/** A monitor that outweighs whoever joins later. */
async function heavyMonitor(market: TestMarket): Promise<TestMonitor> {
  const monitor = await joinTestMonitor(await market.client(9), market.governor)
  const { address } = testAccount(9)
  await sendStakeTokens(market.governor, { to: address, amount: tokens(1_900) })
  await stake(monitor.client, { monitor: address, amount: tokens(1_900) })
  await setMonitorWeight(monitor.client, { weight: 2_000 })
  await market.skip(1_300)
  return monitor
}
