// RFC 4648's alphabet in lower case: host names do not keep case, and base32 needs none.
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Characters of a label: 60 bits, so that a provider with a million leases has a clash once in two million years of them. */
export const LABEL_LENGTH = 12

/**
 * The host label under which a provider's ingress serves a lease: the first 60 bits of its id in base32.
 *
 * @example
 * hostLabel('0x8f3a…')  // 'r45gk2…', as in http://r45gk2….localhost:8080
 */
export function hostLabel(leaseId: `0x${string}`): string {
  let bits = BigInt(leaseId) >> BigInt(256 - LABEL_LENGTH * 5)
  let label = ''
  for (let index = 0; index < LABEL_LENGTH; index++) {
    label = ALPHABET.charAt(Number(bits & 31n)) + label
    bits >>= 5n
  }
  return label
}
