import { rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { NotFoundError, TenderError, TimedOutError } from '@tender/protocol'

/** How a running provider answers its own machine: HTTP on a socket that only its account can open. */
const socketOf = (stateDir: string) => join(stateDir, 'control.sock')

const TIMEOUT_MS = 3_000

/** Answers `GET /status` with JSON until closed. */
export async function serveControl(
  stateDir: string,
  status: () => Promise<string>,
): Promise<{ close(): Promise<void> }> {
  const path = socketOf(stateDir)
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
    const options = { socketPath: socketOf(stateDir), path: '/status', timeout: TIMEOUT_MS, agent: false }
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
