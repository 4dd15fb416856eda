import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { anvilBinary } from './anvilBinary.ts'
import { ChainPortTakenError, ChainStartError, ChainStateCorruptError } from './errors.ts'
import { guard } from './guard.ts'

/**
 * The states of so many of the last blocks can be asked for, as of nodes elsewhere that are no archives. anvil itself keeps hundreds in
 * memory and thousands in the user's home, and what it has there stays behind when it is killed: gigabytes in hours.
 */
const STATES_KEPT = 128

/** Chain id of every local chain. */
export const localChainId = 31337

export type StartChainOptions = {
  /** TCP port on the loopback address. 0, the default, takes a free one. */
  port?: number
  /** File that keeps the chain from one start to the next. Without it the chain is gone when it stops. */
  stateFile?: string
  /**
   * How often the state is written while the chain runs. It is also written when the chain stops, and when this process
   * dies, so only a power cut or a kill of the chain itself loses this much.
   * @default 10
   */
  stateIntervalSeconds?: number
  /** Records every step of every transaction, for `debug_traceTransaction`. */
  traceSteps?: boolean
  /** A block every so many seconds. Without it each transaction is mined at once. */
  blockTimeSeconds?: number
  /** Mines each transaction at once, and a block every so many seconds besides: for who waits for the chain's next block. */
  heartbeatSeconds?: number
  /** @default 20_000 */
  readyTimeoutMs?: number
  /** How long a stop waits for the state to be written before it kills. @default 10_000 */
  stopGraceMs?: number
  /** Gives up starting. A chain that runs is stopped with {@link LocalChain.stop}. */
  signal?: AbortSignal
}

export type LocalChain = {
  /** @example 'http://127.0.0.1:8545' */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves when the chain's process has ended, also when nobody asked it to. Never rejects. */
  readonly ended: Promise<void>
  /** Writes the state, ends the process, and resolves once it is gone. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts a chain of our own (anvil) on this machine. It outlives neither {@link LocalChain.stop} nor this process.
 *
 * @throws {ChainPortTakenError} @throws {ChainStateCorruptError} @throws {ChainBinaryMissingError}
 * @throws {ChainStartError} for every other reason, a timeout included; with `signal` aborted, its reason
 *
 * @example
 * const chain = await startChain({ stateFile: '/home/ada/.tender/chain.json' })
 * await fetch(chain.url, { method: 'POST', ... })
 * await chain.stop()
 */
export async function startChain(options: StartChainOptions = {}): Promise<LocalChain> {
  const { stopGraceMs = 10_000, stateFile, signal } = options
  signal?.throwIfAborted()
  if (stateFile) mkdirSync(dirname(stateFile), { recursive: true })
  const hadState = stateFile !== undefined && existsSync(stateFile)

  const child = spawn(anvilBinary(), anvilArguments(options), {
    // Ctrl-C in a terminal must not end the chain before those who still have to settle on it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid !== undefined) guard(child, Math.ceil(stopGraceMs / 1000))

  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    const killing = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
    await ended
    clearTimeout(killing)
  }

  try {
    const port = await listeningPort(child, options, hadState)
    const url = `http://127.0.0.1:${port}`
    if (options.heartbeatSeconds !== undefined) void beat(url, options.heartbeatSeconds * 1000, ended)
    return { url, port, pid: child.pid ?? 0, ended, stop }
  } catch (error) {
    child.kill('SIGKILL')
    await ended
    throw error
  }
}

function anvilArguments(options: StartChainOptions) {
  const { port = 0, stateFile, stateIntervalSeconds = 10, blockTimeSeconds, traceSteps } = options
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(localChainId), '--hardfork', 'prague'],
    `--prune-history=${STATES_KEPT}`,
    ...(stateFile ? ['--state', stateFile, '--state-interval', String(stateIntervalSeconds)] : []),
    ...(traceSteps ? ['--steps-tracing'] : []),
    ...(blockTimeSeconds ? ['--block-time', String(blockTimeSeconds)] : []),
  ]
}

/** Mines a block every so often. anvil could do so by itself, but then forgets how many states it may keep. */
async function beat(url: string, everyMs: number, ended: Promise<void>): Promise<void> {
  const over = new AbortController()
  void ended.then(() => over.abort())
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'evm_mine', params: [] })
  while (!over.signal.aborted) {
    try {
      await sleep(everyMs, undefined, { ref: false, signal: over.signal })
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(everyMs)])
      await (await fetch(url, { method: 'POST', headers, body, signal })).arrayBuffer()
    } catch {
      // It has ended, or is too busy at the moment: the next one will do.
    }
  }
}

/** Waits for the line that names the port. Both outputs go on being read, or the chain would block on a full pipe. */
async function listeningPort(child: ChildProcess, options: StartChainOptions, hadState: boolean): Promise<number> {
  const { readyTimeoutMs = 20_000, signal } = options
  const began = performance.now()
  const stderr = tail(child)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const late = () => reject(new ChainStartError(`the chain was not ready within ${readyTimeoutMs} ms`))
  const timeout = setTimeout(late, readyTimeoutMs)
  const aborted = () => reject(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })

  child.once('error', (cause) => reject(new ChainStartError('the chain could not be started', { cause })))
  child.once('close', (code) => failure(code, stderr(), options, hadState).then(reject, reject))
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = /^Listening on .*:(\d+)$/.exec(line.trim())?.[1]
      if (!port) return
      // The line may be read before the timer, however late it is.
      if (performance.now() - began > readyTimeoutMs) late()
      else resolve(Number(port))
    })
  }
  try {
    return await promise
  } finally {
    clearTimeout(timeout)
    signal?.removeEventListener('abort', aborted)
  }
}

/** Why a chain ended before it listened. */
async function failure(code: number | null, stderr: string, options: StartChainOptions, hadState: boolean) {
  const cause = new Error(`anvil ended with ${code}: ${stderr.trim()}`)
  // 2 is a wrong argument, and the state file is the only argument whose content is not ours.
  if (code === 2 && hadState && options.stateFile) return new ChainStateCorruptError(options.stateFile, { cause })
  if (options.port && (await isTaken(options.port))) return new ChainPortTakenError(options.port)
  return new ChainStartError('the chain ended while it was starting', { cause })
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}

/** Reads what `child` says on stderr and gives the last of it. */
function tail(child: ChildProcess): () => string {
  const maxLength = 4_000
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-maxLength)
  })
  return () => text
}
