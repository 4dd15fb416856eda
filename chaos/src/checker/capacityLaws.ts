import type { Hex } from 'viem'
import type { Finding } from '../finding.ts'
import type { EscrowBooks } from './escrowBooks.ts'
import type { ChainFacts } from './facts.ts'
import { createJudge } from './judge.ts'

/** Units that are leased are those of leases that hold them and of bids that are kept, and never more than committed. */
export function judgeCapacity(facts: ChainFacts, books: EscrowBooks): Finding[] {
  const judge = createJudge('capacity')
  const leased = new Map<string, number>()
  const add = (key: string, units: number) => leased.set(key, (leased.get(key) ?? 0) + units)
  for (const { terms, released } of books.leases.values()) {
    if (!released) add(`${terms.provider}/${terms.resource}`, terms.units)
  }
  for (const { provider, resource, units } of keptBids(facts)) add(`${provider}/${resource}`, units)
  const locked = new Map<bigint, bigint>()
  for (const [key, told] of facts.state.capacity) {
    const [provider = ''] = key.split('/')
    const where = { provider: BigInt(provider), block: facts.last.block }
    judge.same('units leased', leased.get(key) ?? 0, told.leased, where)
    judge.holds(told.leased <= told.committed, `${told.leased} units leased of ${told.committed}`, where)
    const pool = (1n << 160n) | BigInt(provider)
    locked.set(pool, (locked.get(pool) ?? 0n) + BigInt(told.committed) * told.stakePerUnit)
  }
  for (const [pool, due] of locked) {
    judge.same('stake locked for all units', due, facts.state.pools.get(pool)?.locked ?? 0n, {
      pool,
      block: facts.last.block,
    })
  }
  return judge.findings
}

/** Bids that auctions on chain hold units for. */
function keptBids({ events }: ChainFacts): { provider: bigint; resource: Hex; units: number }[] {
  const kept = new Map<string, { order: Hex; provider: bigint; resource: Hex; units: number }>()
  const orders = new Map<Hex, { resource: Hex; units: number }>()
  for (const event of events) {
    if (event.name === 'OrderPosted') orders.set(event.args.order, event.args.content)
    if (event.name === 'BidKept') {
      const { order, offer, provider } = event.args
      const { resource = '0x', units = 0 } = orders.get(order) ?? {}
      kept.set(`${order}/${offer}`, { order, provider, resource, units })
    }
    if (event.name === 'BidEvicted') kept.delete(`${event.args.order}/${event.args.offer}`)
    // From here on leases have them, or nobody.
    if (event.name === 'OrderAwarded')
      for (const [key, bid] of kept) if (bid.order === event.args.order) kept.delete(key)
  }
  return [...kept.values()]
}
