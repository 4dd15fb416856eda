import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { NotFoundError, TenderError, TimedOutError } from '@tender/protocol'
import { type MonitorStatus, monitorStatusSchema } from './status.ts'

/** What every system can bind: macOS ends a socket's path after 104 bytes, Linux after 108, the closing zero among them. */
const MAX_SOCKET_PATH_BYTES = 103
const TIMEOUT_MS = 3_000

/**
 * Where a running monitor answers its own machine: HTTP on a socket that only its account can open. It lies in the state
 * directory; where that path is too long to be bound, in the system's temporary one, under a name that follows from it.
 */
export function controlSocket(stateDir: string): string {
  const directory = resolve(stateDir)
  const path = join(directory, 'control.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  return join(tmpdir(), `tender-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}.sock`)
}

/** Answers `GET /status` until closed. */
export async function serveControl(
  stateDir: string,
  status: () => Promise<MonitorStatus>,
): Promise<{ close(): Promise<void> }> {
  const path = controlSocket(stateDir)
  // The store is open exclusively, so a socket that lies there is a dead process's.
  await rm(path, { force: true })
  const server = createServer(({ method, url }, response) => {
    const send = (code: number, text: string) =>
      void response.writeHead(code, { 'content-type': 'application/json' }).end(text)
    if (method !== 'GET' || url !== '/status') return send(404, '{}')
    status().then(
      (found) => send(200, JSON.stringify(found)),
      () => send(500, '{}'),
    )
  })
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((done, reject) => {
      server.once('error', reject)
      server.listen(path, done)
    })
  } finally {
    process.umask(mask)
  }
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/**
 * Asks the monitor that runs over this state directory how it is.
 *
 * @throws {NotFoundError} `monitorNotRunning`
 */
export function askMonitor(stateDir: string): Promise<MonitorStatus> {
  return new Promise((done, reject) => {
    const options = { socketPath: controlSocket(stateDir), path: '/status', timeout: TIMEOUT_MS, agent: false }
    const asking = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        const found = response.statusCode === 200 ? monitorStatusSchema.safeParse(JSON.parse(text)).data : undefined
        if (found) done(found)
        else reject(failed(stateDir))
      })
    })
    asking.on('timeout', () => asking.destroy(new TimedOutError('the monitor', { limitMs: TIMEOUT_MS })))
    asking.on('error', (cause: NodeJS.ErrnoException) => {
      const gone = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      reject(gone ? notRunning(stateDir, cause) : cause)
    })
    asking.end()
  })
}

function failed(stateDir: string): TenderError {
  return new TenderError(`the monitor over ${stateDir} does not say how it is`, {
    code: 'controlFailed',
    class: 'provider',
    hint: 'Its log says why.',
  })
}

function notRunning(stateDir: string, cause: unknown): NotFoundError {
  return new NotFoundError(`no monitor runs over ${stateDir}`, {
    code: 'monitorNotRunning',
    hint: 'Start it with `tender monitor start`.',
    cause,
  })
}
