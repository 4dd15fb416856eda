import { failureClass, TenderError } from '@tender/protocol/errors'
import type { Out } from './out.ts'

/** An error for people: what is wrong, what to do, and with `verbose` where it came from. */
export function describeError(error: unknown, out: Pick<Out, 'paint'>, verbose: boolean): string[] {
  const failure = failureClass(error)
  const ours = failure === 'internal'
  // A stranger's words must not pass for ours.
  const theirs = error instanceof TenderError && error.data.remote === true
  // Who stopped it knows that it is no error.
  const title = failure === 'cancelled' ? '' : out.paint('red', ours ? 'bug: ' : 'error: ')
  const lines = [title + (theirs ? 'the other side says: ' : '') + messageOf(error)]
  const hint = error instanceof TenderError ? error.hint : undefined
  if (hint) lines.push(`${out.paint('cyan', theirs ? 'and adds:' : 'hint:')} ${hint}`)
  if (ours && !verbose) lines.push(`${out.paint('cyan', 'hint:')} See more with --verbose, and please report it.`)
  if (verbose) lines.push(...causesOf(error).map((text) => out.paint('dim', text)))
  return lines
}

/** An error for programs. */
export function errorData(error: unknown): Record<string, unknown> {
  const failure = { class: failureClass(error), message: messageOf(error) }
  if (!(error instanceof TenderError)) return { code: failure.class, ...failure }
  return { code: error.code, ...failure, hint: error.hint, data: error.data }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function causesOf(error: unknown): string[] {
  const texts: string[] = []
  for (let at = error; at !== undefined && texts.length < 8; at = at instanceof Error ? at.cause : undefined) {
    texts.push(at instanceof Error ? (at.stack ?? at.message) : String(at))
  }
  return texts
}
