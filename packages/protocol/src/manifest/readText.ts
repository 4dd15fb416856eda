import { z } from 'zod'
import { TenderError } from '../errors.ts'

/** A schema for a scalar that `read` understands; what it throws becomes an issue with its hint. */
export function readText<Value>(what: string, read: (text: string) => Value) {
  return z.union([z.string(), z.number()], { error: `must be ${what}` }).transform((value, context) => {
    try {
      return read(String(value))
    } catch (error) {
      if (!(error instanceof TenderError)) throw error
      context.addIssue({
        code: 'custom',
        message: [error.message, error.hint].filter(Boolean).join('. ').replace(/\.$/, ''),
      })
      return z.NEVER
    }
  })
}
