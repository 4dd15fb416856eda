import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { TenderError } from '@tender/protocol'
import type { GatewayNetwork } from '../network/gatewayNetwork.ts'
import { clientOf } from './clientAddress.ts'
import type { Api } from './createApi.ts'

/** A request's headers must be here by then, and all of it. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const MAX_CONNECTIONS = 10_000

export type ApiServer = {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Ends live streams, waits for requests and closes. Idempotent. */
  stop(): Promise<void>
}

export type ServeOptions = {
  host: string
  /** 0: any free one. */
  port: number
  network?: GatewayNetwork | undefined
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[] | undefined
}

/**
 * Serves an API over HTTP/1.1, and hands upgrades of the pipe to the network.
 *
 * @throws {TenderError} `portTaken`
 */
export async function serveApi(
  api: Api,
  { host, port, network, trustedProxies = [] }: ServeOptions,
): Promise<ApiServer> {
  const trusted = new Set(trustedProxies)
  const listener = getRequestListener((request, bindings) => api.fetch(request, bindings), {
    overrideGlobalObjects: false,
  })
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 65_000 },
    (request, response) => void listener(request, response),
  )
  server.maxConnections = MAX_CONNECTIONS
  const pipes = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    pipes.add(socket)
    socket.once('close', () => pipes.delete(socket))
    if (network && isPipe(request)) network.takePipe(request, socket, head, clientOfPipe(request, trusted))
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw cannotListen(error, host, port)
  }
  const bound = server.address()
  const boundPort = typeof bound === 'object' && bound ? bound.port : port
  let stopping: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    stop() {
      stopping ??= new Promise((resolve) => {
        api.stop()
        server.close(() => resolve())
        server.closeIdleConnections()
        // Streams and slow readers do not hold the end up.
        setTimeout(() => {
          server.closeAllConnections()
          for (const pipe of pipes) pipe.destroy()
        }, 1_000).unref()
      })
      return stopping
    },
  }
}

function isPipe({ url = '' }: IncomingMessage): boolean {
  return /^\/v1\/pipe(\?|$)/.test(url)
}

function clientOfPipe({ socket, headers }: IncomingMessage, trusted: ReadonlySet<string>): string {
  return clientOf(socket.remoteAddress, headers['x-forwarded-for']?.toString(), trusted)
}

function cannotListen(error: unknown, host: string, port: number): TenderError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return new TenderError(`cannot listen at ${host}:${port}`, {
    code: code === 'EADDRINUSE' ? 'portTaken' : 'cannotListen',
    class: 'conflict',
    hint: 'Choose another address with http.host and http.port.',
    cause: error,
  })
}
