import { type Address, encodeAbiParameters, type Hex, hexToBigInt, keccak256 } from 'viem'
import type { ChainFacts, Moment } from './facts.ts'

type Weight = { key: Address; weight: number; nextWeight: number; nextFrom: number }

/**
 * Draws validators as `IJobs.sol` says, from the monitors as they weighed at that moment.
 *
 * @param former who was drawn before: left out if enough others are there
 */
export function drawLot(
  facts: ChainFacts,
  at: Moment,
  { seed, wanted, former }: { seed: Hex; wanted: number; former: readonly Address[] },
): Address[] {
  let lot = weightsAt(facts, at)
  const others = lot.filter(({ key }) => !former.includes(key))
  if (former.length > 0 && others.length >= wanted) lot = others
  const drawn: Address[] = []
  while (drawn.length < wanted && lot.length > 0) {
    const total = lot.reduce((sum, { weight }) => sum + weight, 0n)
    const word = encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [seed, BigInt(drawn.length)])
    let left = hexToBigInt(keccak256(word)) % total
    const chosen = lot.find(({ weight }) => {
      if (left < weight) return true
      left -= weight
      return false
    })
    if (!chosen) break
    drawn.push(chosen.key)
    lot = lot.filter((each) => each !== chosen)
  }
  return drawn
}

/** Monitors that weigh anything, by rising index. */
function weightsAt({ events, rules }: ChainFacts, { block, index, time }: Moment): { key: Address; weight: bigint }[] {
  const monitors = new Map<number, Weight>()
  for (const { name, args, at } of events) {
    if (at.block > block || (at.block === block && at.index > index)) break
    if (name === 'MonitorWeightChanged') monitors.set(args.index, args)
    if (name === 'MonitorLeft') monitors.delete(args.index)
  }
  const era = Math.floor((time - rules.genesis) / rules.eraSeconds)
  return [...monitors]
    .sort(([a], [b]) => a - b)
    .map(([, { key, weight, nextWeight, nextFrom }]) => ({ key, weight: BigInt(era < nextFrom ? weight : nextWeight) }))
    .filter(({ weight }) => weight > 0n)
}
