import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem'

export type LotParameters = {
  /** The job's seed, see the contract's `draw`. */
  seed: Hex
  /** All monitors in the contract's order, with their weights. */
  monitors: readonly { monitor: Address; weight: bigint }[]
  /** How many are asked for. */
  validators: number
  /** The set drawn before, if this is the second: others are drawn where there are enough. */
  former?: readonly Address[] | undefined
}

const drawParameters = [{ type: 'bytes32' }, { type: 'uint256' }] as const

/**
 * The validators of a job, in the order in which they are drawn, as the contract Jobs draws them: by weight, each once, from
 * `keccak256(abi.encode(seed, k))` modulo the weight that is left. All that weigh anything if those are no more than asked for.
 *
 * @example
 * drawnMonitors({ seed, monitors, validators: 3 }) // ['0x12…', '0x80…', '0x05…']
 */
export function drawnMonitors({ seed, monitors, validators, former = [] }: LotParameters): readonly Address[] {
  const lots = without(former, monitors, validators)
  const drawn: Address[] = []
  for (let k = 0n; drawn.length < validators && lots.length > 0; k++) {
    const total = lots.reduce((sum, { weight }) => sum + weight, 0n)
    let left = BigInt(keccak256(encodeAbiParameters(drawParameters, [seed, k]))) % total
    const place = lots.findIndex(({ weight }) => {
      if (left < weight) return true
      left -= weight
      return false
    })
    drawn.push(...lots.splice(place, 1).map(({ monitor }) => monitor))
  }
  return drawn
}

function without(
  former: readonly Address[],
  monitors: LotParameters['monitors'],
  wanted: number,
): { monitor: Address; weight: bigint }[] {
  const all = monitors.filter(({ weight }) => weight > 0n)
  const gone = new Set(former.map((monitor) => monitor.toLowerCase()))
  const others = all.filter(({ monitor }) => !gone.has(monitor.toLowerCase()))
  return others.length >= wanted ? others : all
}
