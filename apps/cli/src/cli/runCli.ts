import type { Readable, Writable } from 'node:stream'
import { exitCode, TenderError } from '@tender/protocol/errors'
import { CommanderError } from 'commander'
import type { Context, Terminal } from '../command.ts'
import type { CommandEntry } from '../commands.ts'
import { resolveHome } from '../home/home.ts'
import { cancelled } from './cancelled.ts'
import { describeError, errorData } from './describeError.ts'
import { createOut, silence, toJson } from './out.ts'
import { type GlobalOptions, type Invocation, parseArguments } from './parseArguments.ts'

/** What the process gives a command line. */
export type CliIo = {
  stdin: Readable
  stdout: Writable
  stderr: Writable
  env: NodeJS.ProcessEnv
  /** Aborts at Ctrl-C. */
  signal: AbortSignal
  /** Which of the streams are terminals, and how wide standard error is. */
  terminal: { stdin: boolean; stdout: boolean; stderr: boolean; columns: number }
  /** The terminal itself, where standard input and output are one. */
  console?: Terminal | undefined
}

/**
 * Runs one command line.
 *
 * @returns the exit code
 * @example
 * process.exitCode = await runCli(['balance', '--json'], commands, io)
 */
export async function runCli(argv: readonly string[], commands: readonly CommandEntry[], io: CliIo): Promise<number> {
  // What stands after `--` is for somebody else.
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const context = contextOf(io, { json: own.includes('--json'), verbose: own.includes('--verbose') })
  try {
    const invocation = await parseArguments(argv, commands, io)
    return await execute(invocation, io)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const told = io.signal.aborted ? interrupted(error) : (fileTrouble(error) ?? error)
    context.progress.status(undefined)
    if (context.json) io.stderr.write(`${toJson({ error: errorData(told) }, 2)}\n`)
    else for (const line of describeError(told, context.progress, context.verbose)) context.progress.line(line)
    return exitCode(told)
  }
}

async function execute({ command, written, global }: Invocation, io: CliIo): Promise<number> {
  const context = contextOf(io, global)
  try {
    return await command.execute(context, written)
  } finally {
    context.progress.status(undefined)
  }
}

function contextOf(io: CliIo, { json = false, verbose = false, ...global }: GlobalOptions): Context {
  const { stdin, stdout, stderr, columns } = io.terminal
  const colours = !io.env.NO_COLOR
  return {
    signal: io.signal,
    home: resolveHome(global.home, io.env),
    json,
    verbose,
    yes: global.yes ?? false,
    market: global.market ?? io.env.TENDER_MARKET,
    account: global.account ?? io.env.TENDER_ACCOUNT,
    passwordFile: global.passwordFile ?? io.env.TENDER_PASSWORD_FILE,
    out: json ? silence : createOut({ stream: io.stdout, isTTY: stdout, colours: colours && stdout, columns }),
    // Errors are told here even under --json, as JSON.
    progress: json ? silence : createOut({ stream: io.stderr, isTTY: stderr, colours: colours && stderr, columns }),
    log: io.stderr,
    isTTY: stdin && stderr && !json,
    stdio: { stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, terminal: io.console },
    emit: (value) => void io.stdout.write(`${toJson(value, stdout ? 2 : undefined)}\n`),
  }
}

const fileWords: Readonly<Record<string, string>> = {
  EACCES: 'this account may not open it',
  EPERM: 'this account may not do that',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
}

/** What the file system refuses is no bug, but for its user to mend. */
function fileTrouble(error: unknown): TenderError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const words = fileWords[String(error.code)]
  if (words === undefined) return undefined
  return new TenderError(`${error.path}: ${words}`, { code: 'fileTrouble', class: 'user', cause: error })
}

/** After Ctrl-C whatever fails does so because of it, but what to do next may be known. */
function interrupted(error: unknown): Error {
  if (error instanceof Error && exitCode(error) === exitCode(cancelled(''))) {
    return error.name === 'AbortError' ? cancelled('interrupted') : error
  }
  return cancelled('interrupted')
}
