import { failureClass, failureTable, TenderError } from '@tender/protocol/errors'

/** What happened and what to do about it, in words. */
export type DescribedError = { message: string; hint?: string }

/** Says what an error means to who sees it; never a stack, never JSON. */
export function describeError(error: unknown): DescribedError {
  if (error instanceof TenderError) {
    const message = sentence(error.message)
    return error.hint === undefined ? { message } : { message, hint: error.hint }
  }
  if (failureClass(error) === 'cancelled') return { message: 'It was cancelled.' }
  if (error instanceof Error && error.message !== '') return { message: sentence(error.message) }
  return { message: 'Something went wrong that has no name.', hint: 'Load the page again.' }
}

/** Messages are written as parts of sentences; a page shows whole ones. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Whether the same question may get another answer soon: the line was down, or the gateway had too much to do. */
export function worthRetrying(error: unknown): boolean {
  return failureTable[failureClass(error)].retryable
}
