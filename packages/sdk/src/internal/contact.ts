import type { Hex } from 'viem'

/** Where a monitor is dialled. */
export type MonitorContact = {
  /** Compressed public key of the monitor's key, 33 bytes. */
  publicKey: Hex
  /** Multiaddrs, the best first; at most 512 bytes together. */
  addresses: readonly string[]
}

/** The arguments that the contract takes for it. */
export function contactArguments({ publicKey, addresses }: MonitorContact): [Hex, string] {
  return [publicKey, addresses.join(' ')]
}
