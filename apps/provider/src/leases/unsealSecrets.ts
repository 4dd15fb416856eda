import { type Manifest, TenderError, unseal } from '@tender/protocol'
import { type Hex, hexToBytes } from 'viem'
import type { SealedSecrets } from './leaseRecord.ts'

/**
 * The secrets that a manifest's services mount, in clear: for the driver's hands only, right before it starts them.
 *
 * @throws {TenderError} `secretMissing`, also for one that was sealed to another key or for another lease
 */
export async function unsealSecrets(
  leaseId: Hex,
  { services }: Pick<Manifest, 'services'>,
  sealed: SealedSecrets,
  privateKey: Hex,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = new Set(services.flatMap(({ container }) => container?.secrets?.map(({ name }) => name) ?? []))
  const opened = new Map<string, Uint8Array>()
  for (const name of names) {
    const value = Object.hasOwn(sealed, name) ? sealed[name] : undefined
    if (value === undefined) throw missing(name, 'it did not come with the manifest')
    const context = `secret:${leaseId}:${name}`
    try {
      opened.set(name, await unseal({ privateKey, context, sealed: hexToBytes(value) }))
    } catch (cause) {
      throw missing(name, "it is not sealed to this provider's operator key for this lease", cause)
    }
  }
  return opened
}

function missing(name: string, why: string, cause?: unknown): TenderError {
  return new TenderError(`the secret ${name} cannot be used: ${why}`, {
    code: 'secretMissing',
    class: 'user',
    hint: 'Send the manifest again with all its secrets.',
    data: { name },
    cause,
  })
}
