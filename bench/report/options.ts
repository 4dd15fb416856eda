import { parseArgs } from 'node:util'
import { InvalidInputError } from '@tender/protocol'

/** A benchmark's own option. The default says what it takes: a flag, a number that is not negative, or text. */
export type BenchOption = { default: boolean | number | string; about: string }

export type BenchOptions = Readonly<Record<string, BenchOption>>

type Widened<T> = T extends boolean ? boolean : T extends number ? number : string

/** The options' values by their names. */
export type OptionValues<O extends BenchOptions> = { [Name in keyof O]: Widened<O[Name]['default']> }

/** What every benchmark takes. */
const common = {
  json: { default: false, about: 'print the result as JSON' },
  help: { default: false, about: 'say this, and stop' },
} as const satisfies BenchOptions

/** @throws {InvalidInputError} for an option that there is not, or a value that it does not take */
export function parseOptions<O extends BenchOptions>(
  args: readonly string[],
  declared: O,
): { json: boolean; help: boolean; values: OptionValues<O> } {
  const all = { ...declared, ...common }
  const options = Object.fromEntries(
    Object.entries(all).map(([name, one]) => [
      name,
      { type: typeof one.default === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const given = parsed(args, options)
  const valued = Object.entries(all).map(([name, one]) => [name, takenBy(name, given[name], one)])
  // CAST: each value has the type of its option's default
  const { json, help, ...values } = Object.fromEntries(valued) as OptionValues<O> & { json: boolean; help: boolean }
  // CAST: what is left are the declared ones
  return { json, help, values: values as unknown as OptionValues<O> }
}

type Declared = Record<string, { type: 'boolean' | 'string' }>

function parsed(args: readonly string[], options: Declared): Record<string, unknown> {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new InvalidInputError('these options are not understood', [{ message: error.message }])
  }
}

function takenBy(name: string, given: unknown, { default: fallback }: BenchOption): boolean | number | string {
  if (given === undefined) return fallback
  if (typeof fallback === 'boolean') return given === true
  if (typeof fallback === 'string') return String(given)
  const number = Number(given)
  if (given === '' || !Number.isFinite(number) || number < 0) {
    const message = `--${name} takes a number, not ${JSON.stringify(given)}`
    throw new InvalidInputError('an option is not understood', [{ message }])
  }
  return number
}

/** The options as `--help` lists them, one line each. */
export function describeOptions(declared: BenchOptions): string {
  const all = Object.entries({ ...declared, ...common })
  const shown = all.map(([name, one]) => ({
    name: typeof one.default === 'boolean' ? `--${name}` : `--${name} ${String(one.default).toUpperCase() || 'X'}`,
    about: typeof one.default === 'boolean' ? one.about : `${one.about} (default ${one.default || 'none'})`,
  }))
  const width = Math.max(...shown.map(({ name }) => name.length))
  return shown.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')
}
