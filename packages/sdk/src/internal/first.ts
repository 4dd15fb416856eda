import { TenderError } from '@tender/protocol'

/** The first of what a successful transaction must have logged. */
export function first<T>(events: readonly T[], name: string): T {
  const [event] = events
  if (event === undefined) {
    throw new TenderError(`the transaction logged no ${name}`, {
      code: 'eventMissing',
      class: 'internal',
      hint: 'The contracts at these addresses are of another version.',
    })
  }
  return event
}
