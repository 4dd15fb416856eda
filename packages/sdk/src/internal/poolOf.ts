import { type Address, hexToBigInt } from 'viem'

/** A pool of stake: a provider's, by its id, or a monitor's, by its key. */
export type PoolReference = { provider: bigint; monitor?: undefined } | { monitor: Address; provider?: undefined }

// Kinds of pool, the upper bits of its id.
const PROVIDER_POOL = 1n << 160n
const MONITOR_POOL = 2n << 160n

/** Id of a pool of stake. */
export function poolOf({ provider, monitor }: PoolReference): bigint {
  return provider === undefined ? MONITOR_POOL | hexToBigInt(monitor) : PROVIDER_POOL | provider
}
