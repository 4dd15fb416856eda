import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Where people read. */
export type Out = {
  readonly isTTY: boolean
  /** Prints a line. */
  line(text?: string): void
  /** Shows what happens now in the last line, until the next line or status. Only on a terminal. */
  status(text: string | undefined): void
  /** Colours text, where colours are wanted. */
  paint(style: Style, text: string): string
}

export type OutOptions = { stream: Writable; isTTY: boolean; colours: boolean; columns: number }

const ERASE_LINE = '\r\x1b[2K'

/** Prints to a stream. */
export function createOut({ stream, isTTY, colours, columns }: OutOptions): Out {
  let hasStatus = false

  function erase(): void {
    if (hasStatus) stream.write(ERASE_LINE)
    hasStatus = false
  }

  return {
    isTTY,
    line(text = '') {
      erase()
      stream.write(`${harmless(text)}\n`)
    },
    status(text) {
      if (!isTTY) return
      erase()
      if (text === undefined) return
      // One line: what wraps could not be erased.
      stream.write(harmless(text).slice(0, columns - 1))
      hasStatus = true
    },
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  }
}

/** What others wrote may hold commands for the terminal; only colours get through. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, '')
}

/** Prints nothing. */
export const silence: Out = { isTTY: false, line() {}, status() {}, paint: (_, text) => text }

/**
 * JSON in which amounts are decimal strings: readers would round large numbers. Control characters that JSON allows are
 * escaped: a terminal may obey them.
 */
export function toJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item), indent)
  return json.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}
