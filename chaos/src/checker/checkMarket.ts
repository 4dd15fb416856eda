import type { Finding } from '../finding.ts'
import type { History } from '../history.ts'
import type { World } from '../world/world.ts'
import { judgeChain } from './judgeChain.ts'
import { judgeWorld } from './judgeWorld.ts'
import { readFacts } from './readFacts.ts'
import { readWorld } from './worldFacts.ts'

/**
 * Judges a market after a run: by its chain alone, and by what runs on this machine and what tenants were told against that.
 * Expects that every process is up and has had time to settle.
 *
 * @throws if the chain does not answer, `world.signal`'s reason
 *
 * @example
 * const findings = await checkMarket(world, history)
 * // [{ check: 'leasePayment', message: 'seconds paid since the start: expected 1700, found 1701 (lease 0x…)', … }]
 */
export async function checkMarket(world: World, history: History): Promise<Finding[]> {
  const facts = await readFacts(world.book, world.chainUrl, world.signal)
  const { findings, books } = await judgeChain(facts)
  return [...findings, ...judgeWorld(facts, books, await readWorld(world, history, facts))]
}
