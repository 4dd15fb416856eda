import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { NotFoundError, TenderError, TimedOutError } from '@tender/protocol'

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

/** Answers `GET /status` with JSON until closed. */
export async function serveControl(
  stateDir: string,
  status: () => Promise<string>,
): Promise<{ close(): Promise<void> }> {
  const path = controlSocket(stateDir)
  // The store is open exclusively, so a socket that lies there is a dead process's.
  await rm(path, { force: true })
  const server = createServer((_, response) => {
    status().then(
      (text) => response.writeHead(200, { 'content-type': 'application/json' }).end(text),
      () => response.writeHead(500).end(),
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

/**
 * Asks the provider that runs over this state directory.
 *
 * @throws {NotFoundError} `providerNotRunning`
 */
export function askControl(stateDir: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: controlSocket(stateDir), path: '/status', timeout: TIMEOUT_MS, agent: false }
    const asking = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(failed(stateDir))))
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

function failed(stateDir: string): TenderError {
  return new TenderError(`the provider over ${stateDir} cannot say how it is`, {
    code: 'statusFailed',
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
