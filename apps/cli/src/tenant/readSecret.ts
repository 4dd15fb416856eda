import { type SecretSource, TenderError } from '@tender/protocol'
import { MAX_SECRET_BYTES } from '@tender/tenant'
import { readBounded } from './readFile.ts'

/**
 * A secret's value, to be sealed at once: it is kept nowhere. A file is named by its absolute path.
 *
 * @throws {NotFoundError} `fileNotFound`; {TenderError} `fileTooLarge`, `secretMissing` if the variable is not set
 */
export async function readSecret(source: SecretSource): Promise<Uint8Array> {
  if ('file' in source) return readBounded(source.file, MAX_SECRET_BYTES)
  const value = process.env[source.variable]
  if (value === undefined) {
    throw new TenderError(`the variable ${source.variable} holds a secret of this file and is not set`, {
      code: 'secretMissing',
      class: 'user',
      hint: `Set it for this command: ${source.variable}=… tender up.`,
      data: { variable: source.variable },
    })
  }
  const bytes = new TextEncoder().encode(value)
  if (bytes.length <= MAX_SECRET_BYTES) return bytes
  throw new TenderError(
    `the variable ${source.variable} has ${bytes.length} bytes, the most for a secret is ${MAX_SECRET_BYTES}`,
    {
      code: 'secretTooLarge',
      class: 'user',
      data: { variable: source.variable },
    },
  )
}
