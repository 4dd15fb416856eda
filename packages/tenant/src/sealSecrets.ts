import { type Dialable, SEAL_OVERHEAD_BYTES, type SecretSource, seal } from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'
import type { Sources } from './tenant.ts'

/** Largest value of a secret: keys, certificates and passwords are smaller. Sealed it has 64 KiB, as peers take it. */
export const MAX_SECRET_BYTES = 64 * 1024 - SEAL_OVERHEAD_BYTES

/**
 * Reads a lease's secrets where they are, and seals each to the provider's operator key. They are kept nowhere on the way.
 *
 * @throws see {@link Sources}
 */
export async function sealSecrets(
  { readSecret }: Pick<Sources, 'readSecret'>,
  secrets: Readonly<Record<string, SecretSource>>,
  { leaseId, provider }: { leaseId: Hex; provider: Pick<Dialable, 'publicKey'> },
): Promise<Record<string, Hex>> {
  const sealed: Record<string, Hex> = {}
  for (const [name, source] of Object.entries(secrets)) {
    const context = `secret:${leaseId}:${name}`
    sealed[name] = bytesToHex(await seal({ to: provider.publicKey, context, bytes: await readSecret(source) }))
  }
  return sealed
}
