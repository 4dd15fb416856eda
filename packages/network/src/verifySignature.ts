import { type Address, type Hex, isAddressEqual, recoverAddress, size } from 'viem'

/** Half of the curve's order; contracts refuse a signature's mirror image above it. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** How a signature of 65 bytes ends; `ecrecover` knows no other. */
const RECOVERY_BYTES: readonly string[] = ['1b', '1c']

/**
 * Whether `signature` over `digest` was made with `signer`'s key, in the one form that every contract takes. Says no to contract
 * wallets: whoever is to serve their tenants asks the chain (EIP-1271) when this says no.
 */
export async function verifyKeySignature({
  signer,
  digest,
  signature,
}: {
  signer: Address
  digest: Hex
  signature: Hex
}): Promise<boolean> {
  if (size(signature) !== 65 || BigInt(`0x${signature.slice(66, 130)}`) > MAX_S) return false
  if (!RECOVERY_BYTES.includes(signature.slice(130).toLowerCase())) return false
  try {
    return isAddressEqual(await recoverAddress({ hash: digest, signature }), signer)
  } catch {
    return false // no point of the curve
  }
}
