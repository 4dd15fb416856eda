import { addressSchema, InvalidInputError } from '@tender/protocol'
import type { Address } from 'viem'

/**
 * An address as typed.
 *
 * @param what where it was typed, such as `--to`
 * @throws {InvalidInputError}
 */
export function readAddress(written: string, what: string): Address {
  const parsed = addressSchema.safeParse(written)
  if (parsed.success) return parsed.data
  throw new InvalidInputError(`${what} takes an address`, [{ message: `"${written}" is not one` }], {
    cause: parsed.error,
  })
}
