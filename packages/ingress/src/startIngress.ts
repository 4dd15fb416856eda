import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { TenderError } from '@tender/protocol/errors'
import type { Certificates } from './certificates/certificates.ts'
import { createCounter, type IngressCounts } from './counts.ts'
import type { Visitor } from './headers.ts'
import { defaultLimits, type IngressLimits } from './limits.ts'
import type { Log } from './log.ts'
import type { FindRoute } from './route.ts'
import { serveHttp } from './serveHttp.ts'
import { socketOver } from './socketOver.ts'
import { takeTls } from './takeTls.ts'
import { createUpstreams } from './upstreams.ts'

export type Listener = {
  /** Address to listen on, e.g. `127.0.0.1`. */
  host: string
  /** 0 takes a free port. */
  port: number
  /** True: connections begin with TLS. */
  tls?: boolean
}

export type IngressOptions = {
  listeners: readonly Listener[]
  /** Where the HTTP requests for a host go. */
  route: FindRoute
  /** Where the TLS connections for a host go that are not ended here; `undefined`: nowhere, they are. */
  passThrough?: FindRoute
  /** What other TLS connections are ended with. */
  certificates?: Certificates
  /** Sends plain requests for hosts that have a certificate to `https` at this port. */
  redirectPort?: number
  log: Log
  limits?: Partial<IngressLimits>
}

/** Who is at the other end of a connection that no listener took. */
export type Origin = {
  /** It begins with TLS. */
  tls: boolean
  /** What is said on it of visitors is believed, as of a relay that this provider chose. */
  trusted: boolean
  /** The IP address of the visitor, if known. */
  address?: string
}

export type Ingress = {
  /** In the order of the listeners. */
  readonly ports: readonly number[]
  /** A connection to it, for a visitor who comes another way, as through a relay. */
  connect(from: Origin): Duplex
  counts(): IngressCounts
  /** Breaks off what is under way. */
  close(): Promise<void>
}

/**
 * Brings HTTP/1.1 requests, and whatever protocol these change to, to workloads by their `Host`, and TLS connections by their
 * server name. Bodies stream both ways; nothing is kept.
 *
 * @throws {TenderError} `portTaken`
 *
 * @example
 * const ingress = await startIngress({
 *   listeners: [{ host: '0.0.0.0', port: 80 }, { host: '0.0.0.0', port: 443, tls: true }],
 *   route: async (host) => ({ state: 'ready', key: host, headers: {}, connect: async () => connect(8080) }),
 *   certificates,
 *   log,
 * })
 */
export async function startIngress(options: IngressOptions): Promise<Ingress> {
  const { take, stop, counts } = createTaker(options)
  const servers: Server[] = []
  async function close(): Promise<void> {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    stop()
    await Promise.all(closed)
  }
  try {
    for (const { tls = false, ...at } of options.listeners) {
      servers.push(await listen(at, (socket) => take(socket, tls, visitorAt(socket))))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    // CAST: a server that listens on TCP has an AddressInfo.
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    connect({ tls, ...visitor }) {
      const [near, far] = joinedPair()
      take(far, tls, { secure: false, ...visitor })
      return near
    },
    counts,
    close,
  }
}

/** Takes connections, whichever way they came, until it is stopped. */
function createTaker(options: IngressOptions) {
  const limits = { ...defaultLimits, ...options.limits }
  const upstreams = createUpstreams(limits.keptMs)
  const open = new Set<Duplex>()
  const visitors = new WeakMap<Duplex, Visitor>()
  const nobody: Visitor = { secure: false, trusted: false }
  const visitorOf = (connection: Duplex) => visitors.get(connection) ?? nobody
  const counter = createCounter()
  const http = serveHttp({ ...options, limits, upstreams, visitorOf, answered: counter.answered })

  function takeHttp(connection: Duplex, visitor: Visitor): void {
    visitors.set(connection, visitor)
    http.emit('connection', connection)
  }

  async function takeSecured(connection: Duplex, visitor: Visitor): Promise<void> {
    const secured = await takeTls(connection, visitor, { ...options, limits })
    if (secured) takeHttp(secured.connection, { ...visitor, secure: true, serverName: secured.serverName })
  }

  function take(connection: Duplex, tls: boolean, visitor: Visitor): void {
    connection.on('error', () => {}) // Whoever uses it hears of its end as well.
    if (open.size >= limits.maxConnections) {
      counter.refused()
      connection.destroy()
      return
    }
    counter.opened(connection)
    open.add(connection)
    connection.on('close', () => open.delete(connection))
    if (!tls) {
      takeHttp(socketOver(connection), visitor)
      return
    }
    takeSecured(connection, visitor).catch((error) => {
      options.log('warn', 'a TLS connection failed', { error })
      connection.destroy()
    })
  }

  function stop(): void {
    for (const connection of open) connection.destroy()
    upstreams.destroy()
    http.close()
  }
  return { take, stop, counts: counter.counts }
}

/** Two ends of one connection: each learns when the other breaks off. */
function joinedPair(): [Duplex, Duplex] {
  const [one, other] = duplexPair()
  const join = (from: Duplex, to: Duplex) =>
    from.on('close', () => {
      if (!from.readableEnded || !from.writableFinished) to.destroy()
    })
  join(one, other)
  join(other, one)
  return [one, other]
}

function visitorAt({ remoteAddress }: Socket): Visitor {
  const visitor = { secure: false, trusted: false }
  // A listener on `::` writes addresses of IPv4 in its own way.
  return remoteAddress === undefined ? visitor : { ...visitor, address: remoteAddress.replace(/^::ffff:(?=\d+\.)/, '') }
}

/** @throws {TenderError} `portTaken` */
async function listen({ host, port }: Listener, take: (socket: Socket) => void): Promise<Server> {
  // Half open: a client may end its side before it has its answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, take)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port)))
    server.listen(port, host, resolve)
  })
  return server
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code !== 'EADDRINUSE') return cause
  return new TenderError(`port ${port} on ${host} is taken`, {
    code: 'portTaken',
    class: 'conflict',
    hint: 'Choose another ingress port, or stop what listens there.',
    cause,
    data: { host, port },
  })
}
