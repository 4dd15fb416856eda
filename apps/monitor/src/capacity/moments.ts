import { assignedMonitors, type EraMonitor } from '@tender/protocol'
import { type Address, concatHex, type Hex, isAddressEqual, keccak256, numberToHex, stringToHex } from 'viem'

/** A block as a monitor sees it come. Times are unix seconds. */
export type SeenBlock = { hash: Hex; timestamp: number; parentTimestamp: number }

/** Of a whole market: every monitor must find the same moments. */
export type MomentRules = { momentsPerEra: number; eraSeconds: number }

const momentSalt = stringToHex('capacity moment')

/**
 * Whether all providers are tried at this block: by a lottery over its hash, whose chance grows with the time since the block
 * before, so that there are `momentsPerEra` on average whatever the block time. Nobody knows it before the block is there.
 */
export function isMoment({ hash, timestamp, parentTimestamp }: SeenBlock, rules: MomentRules): boolean {
  const seconds = BigInt(Math.max(0, timestamp - parentTimestamp))
  const thousandths = BigInt(Math.round(rules.momentsPerEra * 1_000))
  const drawn = BigInt(keccak256(concatHex([hash, momentSalt])))
  return drawn * 1_000n * BigInt(rules.eraSeconds) < (thousandths * seconds) << 256n
}

/** Which monitor tries a provider at a moment: drawn by weight, another one each time. */
export function trier(hash: Hex, provider: bigint, monitors: readonly EraMonitor[]): Address | undefined {
  const [drawn] = assignedMonitors(hash, numberToHex(provider, { size: 32 }), monitors, 1)
  return drawn
}

/** Whether it is this monitor's turn. */
export function isMyTurn(hash: Hex, provider: bigint, monitors: readonly EraMonitor[], self: Address): boolean {
  const drawn = trier(hash, provider, monitors)
  return drawn !== undefined && isAddressEqual(drawn, self)
}
