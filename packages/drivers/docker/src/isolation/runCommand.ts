import { execFile } from 'node:child_process'
import { TenderError, TimedOutError } from '@tender/protocol'

export type RunCommandOptions = {
  /** Written to its standard input. */
  readonly input?: string
  /** Default: 30 s. It is killed then. */
  readonly limitMs?: number
  readonly signal?: AbortSignal
}

/** What a tool of the host wrote to its two outputs, of which at most 16 MiB are kept. */
export type CommandOutput = { readonly stdout: string; readonly stderr: string }

const LIMIT_MS = 30_000
const MOST_OUTPUT_BYTES = 16 * 2 ** 20

/** A tool of the host that is missing, or did not end with 0. `data.code`: `ENOENT`, or its exit code. */
export class CommandFailedError extends TenderError {
  constructor(file: string, args: readonly string[], code: number | string, stderr: string, cause: unknown) {
    const missing = code === 'ENOENT'
    super(missing ? `${file} is not installed` : `${file} ${args.join(' ')} failed: ${stderr.trim().slice(0, 500)}`, {
      code: 'commandFailed',
      class: 'provider',
      hint: missing ? `Install it, or put it into the agent's PATH.` : undefined,
      data: { file, args, code },
      cause,
    })
  }
}

/**
 * Runs a tool of the host (iptables, mount, …) without a shell, in the C locale, with system folders in its PATH. It is killed
 * at its time limit: a tool that hangs on a broken disk does not hang the agent.
 *
 * @throws {CommandFailedError} {TimedOutError} the signal's reason
 *
 * @example
 * const { stdout } = await runCommand('losetup', ['--json', '--list'], { signal })
 */
export function runCommand(
  file: string,
  args: readonly string[],
  { input, limitMs = LIMIT_MS, signal }: RunCommandOptions = {},
): Promise<CommandOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>()
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` }
  const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT_BYTES } as const
  const child = execFile(file, args, { env, ...limits, ...(signal && { signal }) }, (error, stdout, stderr) => {
    if (!error) resolve({ stdout, stderr })
    else if (signal?.aborted) reject(signal.reason)
    else if (error.killed) reject(new TimedOutError(file, { limitMs, cause: error }))
    else reject(new CommandFailedError(file, args, error.code ?? 'unknown', stderr || error.message, error))
  })
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input ?? '')
  return promise
}
