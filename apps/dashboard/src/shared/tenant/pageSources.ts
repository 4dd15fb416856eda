import { type SecretSource, TenderError } from '@tender/protocol'
import type { Sources } from '@tender/tenant'
import type { KeptFiles } from './tenantHome.ts'

/** What is sent at once. */
const PIECE_BYTES = 256 * 1024

/** Values of secrets by where they come from; in memory only. */
export type SecretValues = ReadonlyMap<string, Uint8Array>

/** How a secret's source is named among {@link SecretValues}. */
export function sourceKey(source: SecretSource): string {
  return 'file' in source ? `file:${source.file}` : `variable:${source.variable}`
}

/** Files from this browser's store, secrets from memory: after a reload they have to be given again. */
export function pageSources(files: KeptFiles, secrets: SecretValues): Sources {
  return {
    async *readFile(place) {
      const bytes = await files.read(place)
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
    },
    async readSecret(source) {
      const value = secrets.get(sourceKey(source))
      if (value) return value
      throw new TenderError(`the secret from ${'file' in source ? source.file : source.variable} is not given`, {
        code: 'secretMissing',
        class: 'user',
        hint: 'This page keeps no secrets: give it again.',
      })
    },
  }
}
