import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Certificates } from './certificates/certificates.ts'
import type { Visitor } from './headers.ts'
import type { IngressLimits } from './limits.ts'
import type { Log } from './log.ts'
import { alerts } from './parseClientHello.ts'
import { readClientHello } from './readClientHello.ts'
import type { FindRoute } from './route.ts'
import { socketOver } from './socketOver.ts'
import { splice } from './splice.ts'

export type TlsOptions = {
  route: FindRoute
  passThrough?: FindRoute
  certificates?: Certificates
  limits: IngressLimits
  log: Log
}

/** A connection whose TLS ended here. */
export type Secured = { connection: TLSSocket; serverName: string }

/** How long a workload may take to take a connection. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Serves a connection that begins with TLS, by the server name that it asks for: passed through if a workload ends it itself,
 * otherwise ended here, and then given back for its requests. What cannot be served is closed with an alert.
 */
export async function takeTls(connection: Duplex, visitor: Visitor, options: TlsOptions): Promise<Secured | undefined> {
  const limit = AbortSignal.timeout(options.limits.handshakeMs)
  const hello = await readClientHello(connection, options.limits.headersMs)
  if (hello === undefined) return void connection.destroy()
  if (hello.state === 'bad') return refuse(connection, hello.alert)
  const { serverName } = hello
  if (serverName === undefined) return refuse(connection, alerts.missingExtension)

  if (await passed(connection, { ...visitor, serverName }, options)) return undefined
  if ((await options.route(serverName)) === undefined) return refuse(connection, alerts.unrecognizedName)
  const context = await options.certificates?.contextFor(serverName, limit)
  if (connection.destroyed) return undefined
  if (!context) return refuse(connection, alerts.unrecognizedName)
  const secured = await handshake(connection, context, limit)
  return secured && { connection: secured, serverName }
}

/** @returns true if the connection is for a workload that ends TLS itself */
async function passed(connection: Duplex, visitor: Visitor & { serverName: string }, options: TlsOptions) {
  const { passThrough, limits, log } = options
  const route = await passThrough?.(visitor.serverName)
  if (route === undefined) return false
  if (route.state !== 'ready') {
    refuse(connection, alerts.internalError)
    return true
  }
  try {
    const workload = await route.connect(AbortSignal.timeout(CONNECT_TIMEOUT_MS), visitor)
    if (connection.destroyed) workload.destroy()
    else splice(connection, workload, limits.upgradedIdleMs)
  } catch (error) {
    log('debug', 'a workload takes no TLS connection', { host: visitor.serverName, error })
    refuse(connection, alerts.internalError)
  }
  return true
}

/** `undefined` if it failed; the connection is closed then. */
async function handshake(
  connection: Duplex,
  secureContext: SecureContext,
  limit: AbortSignal,
): Promise<TLSSocket | undefined> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const options = { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] } as const
  const secured = new TLSSocket(socketOver(connection), { ...options, ALPNProtocols: [...options.ALPNProtocols] })
  const late = () => resolve(false)
  secured.on('error', () => resolve(false))
  secured.on('close', () => resolve(false))
  secured.on('secure', () => resolve(true))
  limit.addEventListener('abort', late)
  const done = await promise
  limit.removeEventListener('abort', late)
  if (done) return secured
  secured.destroy()
  connection.destroy()
  return undefined
}

/** Says why in the words of TLS (RFC 8446, 6), and closes. */
function refuse(connection: Duplex, alert: number): undefined {
  connection.end(Buffer.from([21, 3, 3, 0, 2, 2, alert]), () => connection.destroy())
}
