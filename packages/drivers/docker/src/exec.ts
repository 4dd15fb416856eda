import { type Duplex, PassThrough, type Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type ExecRequest, type ExecSession, type LeaseId, NotServingError, StartFailedError } from '@tender/driver'
import { TimedOutError } from '@tender/protocol'
import type Docker from 'dockerode'
import { z } from 'zod'
import { killTree } from './killTree.ts'
import { copyOutput, splitOutput } from './splitOutput.ts'
import { statusOf } from './statusOf.ts'

const execSchema = z.object({
  Running: z.boolean(),
  ExitCode: z.int().nullish(),
  Pid: z.int().nullish(),
  ContainerID: z.string().max(128),
})
type ExecState = z.infer<typeof execSchema>

/** The engine knows of a start or an end some moments after its streams do. */
const POLL_MS = 20
const MOST_POLL_MS = 1_000
const LIMIT_MS = 10_000
/** What a killed program's code is, also of one whose container is gone with it. */
const KILLED = 137

/**
 * Runs a command in a running container, with the container's user and limits. The session ends with its program, by `kill`,
 * or when one of its streams is destroyed: Docker cannot end what was exec'd, so the processes are found and killed from the
 * host. `signal` ends only the opening.
 *
 * @throws {NotServingError} the container does not run
 * @throws {StartFailedError} no such program
 *
 * @example
 * const session = await execIn(container, leaseId, { command: ['psql', '-c', 'select 1'] }, signal)
 * session.stdout.pipe(process.stdout)
 * const code = await session.exit
 */
export async function execIn(
  container: Docker.Container,
  leaseId: LeaseId,
  { command, terminal }: Pick<ExecRequest, 'command' | 'terminal'>,
  signal: AbortSignal,
): Promise<ExecSession> {
  const tty = terminal !== undefined
  const exec = await create(container, leaseId, { command, ...(terminal && { terminal }) }, signal)
  const stream = await open(exec, leaseId, tty, signal)
  const inspect = async (): Promise<ExecState> =>
    execSchema.parse(await exec.inspect({ abortSignal: AbortSignal.timeout(LIMIT_MS) }))
  let state: ExecState | undefined
  try {
    state = await started(inspect, signal)
    // What never had a process never ran; the engine then says why in place of the program's output.
    if (!state.Running && !state.Pid) throw new StartFailedError(leaseId, await reasonIn(stream, tty))
    if (terminal) await resize(exec, terminal)
    return sessionOf(exec, stream, tty, state, inspect)
  } catch (error) {
    stream.destroy()
    if (state?.Pid) killTree(state.Pid, state.ContainerID)
    throw error
  }
}

async function create(
  container: Docker.Container,
  leaseId: LeaseId,
  { command, terminal }: Pick<ExecRequest, 'command' | 'terminal'>,
  abortSignal: AbortSignal,
): Promise<Docker.Exec> {
  // Engines before 23 do not know the size yet and are told it later: a program may see 0 by 0 at first.
  const size = terminal && ({ ConsoleSize: [terminal.rows, terminal.columns] } satisfies Docker.ExecCreateOptions)
  const streams = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: terminal !== undefined }
  const options: Docker.ExecCreateOptions = { Cmd: [...command], ...streams, Privileged: false, abortSignal }
  try {
    return await container.exec({ ...options, ...size })
  } catch (error) {
    throw unlessRunning(error, leaseId, abortSignal)
  }
}

/** A signal that a request once had also ends the stream that came of it, so this one is cut loose. */
async function open(exec: Docker.Exec, leaseId: LeaseId, tty: boolean, signal: AbortSignal): Promise<Duplex> {
  const opening = new AbortController()
  const abort = () => opening.abort(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    return await exec.start({ hijack: true, stdin: true, Tty: tty, abortSignal: opening.signal })
  } catch (error) {
    throw unlessRunning(error, leaseId, signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** 404: the container is gone; 409: it is paused, or does not run. */
function unlessRunning(error: unknown, leaseId: LeaseId, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  const gone = [404, 409].includes(statusOf(error))
  return gone ? new NotServingError(leaseId, 'the container does not run') : error
}

async function started(inspect: () => Promise<ExecState>, signal: AbortSignal): Promise<ExecState> {
  const late = AbortSignal.timeout(LIMIT_MS)
  for (;;) {
    signal.throwIfAborted()
    if (late.aborted) throw new TimedOutError('the Docker engine, asked to run a command,', { limitMs: LIMIT_MS })
    const state = await inspect()
    // It is called running from before it has a process.
    if (state.Running ? state.Pid : typeof state.ExitCode === 'number') return state
    await delay(POLL_MS, undefined, { signal })
  }
}

function sessionOf(
  exec: Docker.Exec,
  stream: Duplex,
  tty: boolean,
  { Pid, ContainerID }: ExecState,
  inspect: () => Promise<ExecState>,
): ExecSession {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const kill = () => {
    if (Pid) killTree(Pid, ContainerID)
    stream.destroy()
  }
  const copied = tty ? copyOutput(stream, stdout) : splitOutput(stream, stdout, stderr)
  // A stream that breaks off ends what is read; how the program ended is the engine's to say.
  const exit = copied
    .catch(() => {})
    .then(() => {
      for (const side of [stdout, stderr]) side.end()
      return exitCode(inspect)
    })
  exit.catch(() => {})
  for (const side of [stdout, stderr]) side.once('close', () => !side.writableEnded && kill())
  stream.once('close', () => !stream.readableEnded && kill())
  stream.on('error', () => {})
  return { stdin: stream, stdout, stderr, exit, kill, resize: (size) => resize(exec, size) }
}

/** A program may close its output and run on. */
async function exitCode(inspect: () => Promise<ExecState>): Promise<number> {
  for (let waitMs = POLL_MS; ; waitMs = Math.min(waitMs * 2, MOST_POLL_MS)) {
    const state = await inspect().catch((error) => {
      // With its container an exec is gone too.
      if (statusOf(error) === 404) return undefined
      throw error
    })
    if (!state?.Running) return state?.ExitCode ?? KILLED
    await delay(waitMs)
  }
}

/** What the engine wrote in place of a program that it could not start, without the chain of who called whom. */
async function reasonIn(stream: Duplex, tty: boolean): Promise<string> {
  const text = await firstText(stream)
  const words = (tty ? text : text.slice(8)).trim().replace(/^.*exec failed: /s, '')
  return words.replace(/^unable to start container process: /, '').replace(/: unknown$/, '') || 'no such program'
}

async function firstText(stream: Readable): Promise<string> {
  let text = ''
  for await (const piece of stream) {
    text += String(piece)
    if (text.length > 2_000) break
  }
  return text
}

async function resize(exec: Docker.Exec, { columns, rows }: { columns: number; rows: number }): Promise<void> {
  try {
    await exec.resize({ w: columns, h: rows, abortSignal: AbortSignal.timeout(LIMIT_MS) })
  } catch (error) {
    // A program that has ended needs no size.
    if (statusOf(error) === 0) throw error
  }
}
