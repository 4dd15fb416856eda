import { TenderError } from '@tender/protocol/errors'

/** Something that a command takes, and what becomes of what was typed. */
export type Parameter<Value> = {
  /** What stands for the value in help, e.g. `seconds`; absent for a switch. */
  placeholder?: string | undefined
  /** One letter. */
  short?: string | undefined
  summary: string
  /** `undefined`: not given. A switch that is given is `true`, {@link rest} is a list. @throws {TenderError} */
  read(written: Written): Value
  required: boolean
  /** Takes all words that are left. */
  variadic?: boolean
}

/** What was typed for a parameter. */
export type Written = string | true | readonly string[] | undefined

/** A word that must be given. */
export function required(summary: string): Parameter<string> {
  return {
    summary,
    required: true,
    read(written) {
      if (typeof written === 'string') return written
      throw new TenderError(`${summary} is missing`, { code: 'usage', class: 'user' })
    },
  }
}

/** A word that may be left out. */
export function optional(summary: string): Parameter<string | undefined> {
  return { summary, required: false, read: (written) => (typeof written === 'string' ? written : undefined) }
}

/** All words that are left, one at least; after `--` they may look like options. */
export function rest(summary: string): Parameter<readonly string[]> {
  return {
    summary,
    required: true,
    variadic: true,
    read(written) {
      if (Array.isArray(written) && written.length > 0) return written.map(String)
      throw new TenderError(`${summary} is missing`, { code: 'usage', class: 'user' })
    },
  }
}

/** On or off. */
export function toggle(summary: string, { short }: { short?: string } = {}): Parameter<boolean> {
  return { summary, short, required: false, read: (written) => written === true }
}

/**
 * An option with a value.
 *
 * @example
 * setting('count', 'how many past lines', wholeNumber)
 */
export function setting<Value>(
  placeholder: string,
  summary: string,
  parse: (text: string) => Value,
  { short }: { short?: string } = {},
): Parameter<Value | undefined> {
  return {
    placeholder,
    summary,
    short,
    required: false,
    read: (written) => (typeof written === 'string' ? parse(written) : undefined),
  }
}

/** An option that must be given; its help says so. */
export function needed<Value>(parameter: Parameter<Value | undefined>): Parameter<Value> {
  return {
    ...parameter,
    summary: `${parameter.summary}; must be given`,
    read(written) {
      const value = parameter.read(written)
      if (value !== undefined) return value
      throw new TenderError(`<${parameter.placeholder}> is missing: ${parameter.summary}`, {
        code: 'usage',
        class: 'user',
      })
    },
  }
}

/** Any text, for {@link setting}. */
export function text(written: string): string {
  return written
}

/** A whole number from 0 on, for {@link setting}. @throws {TenderError} */
export function wholeNumber(written: string): number {
  const value = Number(written)
  if (/^\d{1,10}$/.test(written)) return value
  throw new TenderError(`"${written}" is not a whole number`, { code: 'invalidInput', class: 'user' })
}
