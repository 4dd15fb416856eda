import { type Dialable, type SecretSource, seal } from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'
import { readSecret } from './readSecret.ts'

/**
 * Reads a lease's secrets where they are, and seals each to the provider's operator key. They are kept nowhere on the way.
 *
 * @throws see {@link readSecret}
 */
export async function sealSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  { leaseId, provider }: { leaseId: Hex; provider: Pick<Dialable, 'publicKey'> },
): Promise<Record<string, Hex>> {
  const sealed: Record<string, Hex> = {}
  for (const [name, source] of Object.entries(sources)) {
    const context = `secret:${leaseId}:${name}`
    sealed[name] = bytesToHex(await seal({ to: provider.publicKey, context, bytes: await readSecret(source) }))
  }
  return sealed
}
