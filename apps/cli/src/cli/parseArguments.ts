import { TenderError } from '@tender/protocol/errors'
import { Argument, Command as Commander, CommanderError, Option } from 'commander'
import type { Command } from '../command.ts'
import type { CommandEntry } from '../commands.ts'
import type { Parameter, Written } from './parameters.ts'
import type { CliIo } from './runCli.ts'

/** What every command takes. */
export type GlobalOptions = {
  home?: string | undefined
  market?: string | undefined
  account?: string | undefined
  passwordFile?: string | undefined
  json?: boolean | undefined
  yes?: boolean | undefined
  verbose?: boolean | undefined
}

/** A command, with what was typed for it. */
export type Invocation = {
  command: Command
  written: Readonly<Record<string, Written>>
  global: GlobalOptions
}

const globalFlags = [
  ['--market <name>', 'the market, `dev` unless told (TENDER_MARKET)'],
  ['--account <name>', 'the key to act with (TENDER_ACCOUNT)'],
  ['--password-file <file>', 'a file with its password (TENDER_PASSWORD_FILE)'],
  ['--home <directory>', 'where keys and records are, `~/.tender` unless told (TENDER_HOME)'],
  ['--json', 'print the result as JSON'],
  ['-y, --yes', 'ask nothing'],
  ['--verbose', 'say more, also about errors'],
] as const

const globalNames = ['market', 'account', 'passwordFile', 'home', 'json', 'yes', 'verbose']

/**
 * Understands a command line. Help is printed to standard output.
 *
 * @throws {CommanderError} with exit code 0 once help was printed; {TenderError} `usage`
 */
export async function parseArguments(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  io: Pick<CliIo, 'stdout'>,
): Promise<Invocation> {
  const [first, ...rest] = argv
  const words = argv.length === 0 ? ['--help'] : first === 'help' ? [...rest, '--help'] : argv
  try {
    const { entry, global, words: own } = chooseCommand(words, commands, io)
    const command = await entry.load()
    return { command, ...readWords(entry, command, { words: own, global }, io) }
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error
    throw new TenderError(error.message.replace(/^error: /, ''), {
      code: 'usage',
      class: 'user',
      hint: 'See how it is used with `tender --help` or `tender COMMAND --help`.',
      cause: error,
    })
  }
}

type Chosen = { entry: CommandEntry; global: GlobalOptions; words: readonly string[] }

/** Finds the command by its name. What follows is not looked at: only the command itself knows what it takes. */
function chooseCommand(argv: readonly string[], commands: readonly CommandEntry[], io: Pick<CliIo, 'stdout'>): Chosen {
  let chosen: Chosen | undefined
  const program = quiet(new Commander('tender'), io)
    .description('The open compute market: rent computers by the second, from whoever offers the best price.')
    .enablePositionalOptions()
    .addHelpText('after', '\nSee what a command takes with `tender COMMAND --help`.')
  for (const [flags, summary] of globalFlags) program.option(flags, summary)
  for (const entry of commands) {
    const [noun = '', verb] = entry.name.split(' ')
    const parent = verb === undefined ? program : groupOf(program, noun, commands, io)
    const stub = quiet(parent.command(verb ?? noun), io)
      .summary(entry.summary)
      .argument('[words...]')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
    stub.action(() => {
      chosen = { entry, global: program.opts(), words: stub.args }
    })
  }
  program.parse(argv, { from: 'user' })
  if (chosen) return chosen
  throw new TenderError('there is no command', { code: 'usage', class: 'user', hint: 'See `tender --help`.' })
}

function groupOf(program: Commander, noun: string, commands: readonly CommandEntry[], io: Pick<CliIo, 'stdout'>) {
  const known = program.commands.find((command) => command.name() === noun)
  if (known) return known
  const verbs = commands.flatMap(({ name }) => (name.startsWith(`${noun} `) ? [name.slice(noun.length + 1)] : []))
  const group = quiet(program.command(noun), io).enablePositionalOptions().usage('COMMAND')
  return group.argument('[verb]').action(() => {
    const [verb] = group.args
    const message =
      verb === undefined ? `\`tender ${noun}\` alone does nothing` : `there is no \`tender ${noun} ${verb}\``
    throw new TenderError(message, { code: 'usage', class: 'user', hint: `It takes ${verbs.join(', ')}.` })
  })
}

/** Reads what stands after the command's name. */
function readWords(
  { name, summary }: CommandEntry,
  command: Command,
  { words, global }: Pick<Chosen, 'words' | 'global'>,
  io: Pick<CliIo, 'stdout'>,
): Omit<Invocation, 'command'> {
  const parser = quiet(new Commander(`tender ${name}`), io)
    .summary(summary)
    .description(command.description)
  for (const [argument, { summary: what, required, variadic }] of Object.entries(command.arguments)) {
    const shown = variadic ? `${argument}...` : argument
    parser.addArgument(new Argument(required ? `<${shown}>` : `[${shown}]`, what))
  }
  for (const [option, parameter] of Object.entries(command.options))
    parser.option(flagsOf(option, parameter), parameter.summary)
  parser.optionsGroup('Options of every command:')
  for (const [flags, what] of globalFlags) parser.addOption(new Option(flags, what))
  parser.addHelpText('after', ['', 'Examples:', ...command.examples.map((line) => `  ${line}`)].join('\n'))
  parser.parse(words, { from: 'user' })

  const options: Record<string, string | true | undefined> = parser.opts()
  const entries = Object.entries(command.arguments).map(([argument, { variadic }], index) => [
    argument,
    variadic ? parser.args.slice(index) : parser.args[index],
  ])
  const own = Object.entries(options).filter(([option]) => !globalNames.includes(option))
  const shared = Object.entries(options).filter(([option]) => globalNames.includes(option))
  return { written: Object.fromEntries([...entries, ...own]), global: { ...global, ...Object.fromEntries(shared) } }
}

function flagsOf(name: string, { short, placeholder }: Parameter<unknown>): string {
  const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  return [short === undefined ? long : `-${short}, ${long}`, placeholder && `<${placeholder}>`]
    .filter(Boolean)
    .join(' ')
}

/** Throws instead of ending the process, and leaves errors to whoever catches them. */
function quiet(program: Commander, { stdout }: Pick<CliIo, 'stdout'>): Commander {
  return program
    .exitOverride()
    .helpCommand(false)
    .configureHelp({ visibleCommands: leavesOf, subcommandTerm: fullName, sortSubcommands: false })
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr() {}, outputError() {} })
}

/** Help lists what can be run: a noun alone cannot. */
function leavesOf(program: Commander): Commander[] {
  return program.commands.flatMap((command) => (command.commands.length > 0 ? leavesOf(command) : [command]))
}

function fullName(command: Commander): string {
  const group = command.parent?.parent ? `${command.parent.name()} ` : ''
  return group + command.name()
}
