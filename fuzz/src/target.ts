import { type FailureClass, TenderError } from '@tender/protocol'

/** What an input is made of; values are changed as trees besides as bytes. `cbor`: any number of values, one after the other. */
export type Format = 'bytes' | 'text' | 'json' | 'cbor'

/** One parser of bytes from outside. */
export type Target = {
  name: string
  format: Format
  /** Longest input that is tried; far enough above the parser's own limit to see that it holds, if that is cheap. */
  maxBytes: number
  /** Beginnings of the paths of the files whose blocks are counted, from the root. */
  code: readonly string[]
  /** Words that the parser looks for, besides those in `code`. */
  words?: readonly string[]
  /** Valid inputs, made by our own encoders. */
  seeds(): Promise<readonly Uint8Array[]> | readonly Uint8Array[]
  /**
   * Parses one input; true if it was taken. Whatever it throws is a finding, so refusals are caught by {@link attempt}.
   *
   * @throws {BrokenInvariantError}
   */
  run(input: Uint8Array): Promise<boolean> | boolean
}

/** What was parsed is not as it must be. */
export class BrokenInvariantError extends Error {
  override name = 'BrokenInvariantError'
}

/** @throws {BrokenInvariantError} */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new BrokenInvariantError(what)
}

/** Failures that say that an input is wrong, too large or not for us. */
const REFUSALS: ReadonlySet<FailureClass> = new Set(['user', 'limit', 'denied', 'notFound', 'conflict', 'network'])

/** True for an error of ours that says what is wrong with an input. */
export function isRefusal(error: unknown): boolean {
  return error instanceof TenderError && REFUSALS.has(error.class)
}

/** What `parse` gives; `undefined` if it refused as it should. Rethrows everything else. */
export function attempt<Value>(parse: () => Value): { value: Value } | undefined {
  try {
    return { value: parse() }
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/** As {@link attempt}. */
export async function attemptLater<Value>(parse: () => Promise<Value>): Promise<{ value: Value } | undefined> {
  try {
    return { value: await parse() }
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

export const textOf = (input: Uint8Array): string => new TextDecoder().decode(input)
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
