import type { Address } from 'viem'

/** As its bytes are written: reports' data has one form for one value. */
export function lowerCase(address: Address): Address {
  // CAST: an address in small letters is one
  return address.toLowerCase() as Address
}

/** Order of bigints, or of hex of one length in small letters. */
export function compare<T extends bigint | string>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0
}
