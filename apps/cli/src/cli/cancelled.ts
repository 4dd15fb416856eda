import { TenderError } from '@tender/protocol/errors'

/** That somebody wanted to stop. */
export function cancelled(message: string, code = 'cancelled'): TenderError {
  return new TenderError(message, { code, class: 'cancelled' })
}
