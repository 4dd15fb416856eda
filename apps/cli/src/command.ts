import type { Readable, Writable } from 'node:stream'
import type { Out } from './cli/out.ts'
import type { Parameter, Written } from './cli/parameters.ts'

export { type Out, toJson } from './cli/out.ts'
export {
  needed,
  optional,
  type Parameter,
  required,
  rest,
  setting,
  text,
  toggle,
  wholeNumber,
} from './cli/parameters.ts'

/** What every command works with. */
export type Context = {
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
  /** Where this account keeps its keys, markets and records; absolute. */
  readonly home: string
  readonly json: boolean
  /** Every question is answered with yes. */
  readonly yes: boolean
  readonly verbose: boolean
  /** Name of the market that was asked for. */
  readonly market: string | undefined
  /** Name of the key that was asked for. */
  readonly account: string | undefined
  readonly passwordFile: string | undefined
  /** Standard output, for people. Silent under `--json`: there the command's result is printed, and nothing else. */
  readonly out: Out
  /** Standard error: what happens meanwhile. Silent under `--json`. */
  readonly progress: Out
  /** Standard error as it is, for a daemon's own log. */
  readonly log: Writable
  /** Somebody sits there and can be asked. */
  readonly isTTY: boolean
  /** The process's own streams, for commands that carry bytes. */
  readonly stdio: Stdio
  /** Prints one result of many under `--json`, as a line of its own, for commands that print as they go. */
  emit(value: unknown): void
}

/** A process's streams as they are. */
export type Stdio = {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Present where standard input and output are a terminal. */
  readonly terminal?: Terminal | undefined
}

/** The terminal that somebody sits at. */
export type Terminal = {
  size(): { columns: number; rows: number }
  /** Raw: every key is passed on as it is, Ctrl-C too. */
  setRaw(raw: boolean): void
  /** @returns a function that stops telling */
  onResize(listener: () => void): () => void
}

/** A command as it is written. */
export type CommandDefinition<Arguments, Options, Data> = {
  /** What it does, a few sentences for `--help`. */
  description: string
  /** Whole command lines. */
  examples: readonly string[]
  /** In their order on the command line. */
  arguments?: { [Name in keyof Arguments]: Parameter<Arguments[Name]> }
  /** `auctionTime` is written `--auction-time`. */
  options?: { [Name in keyof Options]: Parameter<Options[Name]> }
  /** Does it. What it returns is printed: as JSON under `--json`, else by `print`. */
  run(context: Context, input: Arguments & Options): Promise<Data>
  print?(data: Data, out: Out): void
  /** What the process ends with, where that is not 0. */
  exitCode?(data: Data): number
}

/** A command as it is run. */
export type Command = {
  description: string
  examples: readonly string[]
  arguments: Readonly<Record<string, Parameter<unknown>>>
  options: Readonly<Record<string, Parameter<unknown>>>
  /**
   * @param written what was typed, by argument's and option's name
   * @returns the exit code
   */
  execute(context: Context, written: Readonly<Record<string, Written>>): Promise<number>
}

/**
 * Defines a command. Its name and one line about it stand in `commands.ts`.
 *
 * @example
 * export const balanceCommand = defineCommand({
 *   description: 'Shows what you have.',
 *   examples: ['tender balance'],
 *   options: { asset: setting('symbol', 'only this asset', text) },
 *   run: async (context, { asset }) => ({ balances: await balancesOf(context, asset) }),
 *   print: ({ balances }, out) => out.line(`${balances.length} assets`),
 * })
 */
// An absent set of parameters is an empty one, not whatever type would fit.
export function defineCommand<Arguments = unknown, Options = unknown, Data = unknown>(
  definition: CommandDefinition<Arguments, Options, Data>,
): Command {
  // CAST: keys of a mapped type are strings here, and values are read by their own parameter
  const parameters = { arguments: definition.arguments ?? {}, options: definition.options ?? {} } as Pick<
    Command,
    'arguments' | 'options'
  >
  return {
    description: definition.description,
    examples: definition.examples,
    ...parameters,
    async execute(context, written) {
      const input: Record<string, unknown> = {}
      for (const [name, parameter] of Object.entries({ ...parameters.arguments, ...parameters.options })) {
        input[name] = parameter.read(written[name])
      }
      // CAST: every key was read by the parameter of that key
      const data = await definition.run(context, input as Arguments & Options)
      // A result must not begin in the line that tells what happens.
      context.progress.status(undefined)
      if (data === undefined) return 0
      if (context.json) context.emit(data)
      else definition.print?.(data, context.out)
      return definition.exitCode?.(data) ?? 0
    },
  }
}
