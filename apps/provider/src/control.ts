import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { NotFoundError, TenderError, TimedOutError } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'

/** What every system can bind: macOS ends a socket's path after 104 bytes, Linux after 108, the closing zero among them. */
const MAX_SOCKET_PATH_BYTES = 103

/**
 * Where a running provider answers its own machine: HTTP on a socket that only its account can open. It lies in the state
 * directory; where that path is too long to be bound, in the system's temporary one, under a name that follows from it.
 */
export function controlSocket(stateDir: string): string {
  const directory = resolve(stateDir)
  const path = join(directory, 'control.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  return join(tmpdir(), `tender-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}.sock`)
}

const TIMEOUT_MS = 3_000

/** What a running provider does for its own account. */
export type Control = {
  /** How it is, as JSON. */
  status(): Promise<string>
  /** Marks a lease to be ended, with its notice. @throws {TenderError} */
  interrupt(leaseId: Hex): void
}

const interruptPath = /^\/leases\/(0x[0-9a-f]{64})\/interrupt$/

/** Answers `GET /status` and `POST /leases/ID/interrupt` until closed. */
export async function serveControl(stateDir: string, control: Control): Promise<{ close(): Promise<void> }> {
  const path = controlSocket(stateDir)
  // The store is open exclusively, so a socket that lies there is a dead process's.
  await rm(path, { force: true })
  const server = createServer(({ method, url }, response) => {
    const send = (status: number, text: string) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    answer(control, `${method}`, `${url}`).then(
      (text) => send(200, text),
      (error) => send(500, JSON.stringify({ error: wordsOf(error) })),
    )
  })
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(mask)
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer({ status, interrupt }: Control, method: string, url: string): Promise<string> {
  const lease = interruptPath.exec(url)?.[1]
  if (method === 'GET' && url === '/status') return status()
  if (method !== 'POST' || lease === undefined)
    throw new TenderError('no such request', { code: 'badRequest', class: 'user' })
  // CAST: the pattern is the type
  interrupt(lease as Hex)
  return '{}'
}

const failureSchema = z.object({
  error: z.object({
    message: z.string(),
    code: z.string(),
    class: z.enum(['user', 'notFound', 'conflict']),
    hint: z.string().optional(),
  }),
})

/** What the asker can do something about; the rest is in the log. */
function wordsOf(error: unknown): object {
  if (!(error instanceof TenderError)) return {}
  const { message, code, class: kind, hint } = error
  return { message, code, class: kind, hint }
}

/**
 * Asks the provider that runs over this state directory how it is. @returns JSON
 *
 * @throws {NotFoundError} `providerNotRunning`
 */
export function askControl(stateDir: string): Promise<string> {
  return ask(stateDir, 'GET', '/status')
}

/**
 * Has the provider that runs over this state directory end an interruptible lease, with the notice that it promised.
 *
 * @throws {NotFoundError} `providerNotRunning`, `unknownLease`; {TenderError} `notInterruptible`
 */
export async function interruptLease(stateDir: string, leaseId: Hex): Promise<void> {
  await ask(stateDir, 'POST', `/leases/${leaseId}/interrupt`)
}

function ask(stateDir: string, method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: controlSocket(stateDir), method, path, timeout: TIMEOUT_MS, agent: false }
    const asking = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(failed(stateDir, text))))
      response.on('error', reject)
    })
    asking.on('timeout', () => asking.destroy(new TimedOutError('the provider', { limitMs: TIMEOUT_MS })))
    asking.on('error', (cause: NodeJS.ErrnoException) => {
      const gone = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      reject(gone ? notRunning(stateDir, cause) : cause)
    })
    asking.end()
  })
}

function failed(stateDir: string, text: string): TenderError {
  const said = failureSchema.safeParse(JSON.parse(text)).data?.error
  if (said) return new TenderError(said.message, said)
  return new TenderError(`the provider over ${stateDir} cannot do that`, {
    code: 'controlFailed',
    class: 'provider',
    hint: 'Its log says why; often the chain cannot be reached.',
  })
}

function notRunning(stateDir: string, cause: unknown): NotFoundError {
  return new NotFoundError(`no provider runs over ${stateDir}`, {
    code: 'providerNotRunning',
    hint: 'Start it with `tender provider start`.',
    cause,
  })
}
