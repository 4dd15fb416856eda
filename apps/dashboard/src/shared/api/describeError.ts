import { failureClass, failureTable, TenderError } from '@tender/protocol/errors'

/** What happened and what to do about it, in words. */
export type DescribedError = { message: string; hint?: string }

/** Says what an error means to who sees it; never a stack, never JSON. */
export function describeError(error: unknown): DescribedError {
  if (error instanceof TenderError) {
    const message = sentence(error.message)
    return error.hint === undefined ? { message } : { message, hint: error.hint }
  }
  if (isOutdated(error)) {
    return {
      message: 'A part of this page could not be loaded.',
      hint: 'The page was updated since, or the gateway cannot be reached. Load it again.',
    }
  }
  if (failureClass(error) === 'cancelled') return { message: 'It was cancelled.' }
  if (error instanceof Error && error.message !== '') return { message: sentence(error.message) }
  return { message: 'Something went wrong that has no name.', hint: 'Load the page again.' }
}

/** How browsers and the page's own loader say that a part of the page is not there any more. */
const MISSING_PART =
  /^(Failed to fetch dynamically imported module|error loading dynamically imported module|Importing a module script failed|Unable to preload CSS)/i

/** Whether a part of the page is missing at the gateway, which serves a newer one: nothing but loading the page again helps. */
export function isOutdated(error: unknown): boolean {
  return error instanceof Error && MISSING_PART.test(error.message)
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
