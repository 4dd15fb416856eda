import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createConnection, isIP, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { PROBLEM_TYPE } from '@tender/api'
import { isPublicAddress, lookupPublic, privateAddress } from '@tender/kit'
import type { Log } from '@tender/network'
import { InvalidInputError, TenderError, UnreachableError } from '@tender/protocol'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { problemOf } from '../api/problems.ts'
import { byteRate } from './byteRate.ts'
import type { PipeUse } from './gatewayNetwork.ts'
import { libp2pGate } from './libp2pGate.ts'
import { type HostPort, type PipeTarget, readTarget } from './pipeTarget.ts'

/** What the pipe gives. */
export type PipeLimits = {
  /** At once, all clients together. */
  connections: number
  /** At once, of one client. */
  connectionsPerClient: number
  /** Of one connection, each way. */
  bytesPerSecond: number
  /** Without a byte either way. libp2p itself pings every ten seconds. */
  idleMs: number
  connectMs: number
}

const defaultLimits: PipeLimits = {
  connections: 1024,
  connectionsPerClient: 64,
  bytesPerSecond: 4 * 1024 ** 2,
  idleMs: 120_000,
  connectMs: 10_000,
}

/** Largest message of a page, and how much waits to be taken on either side. */
const MAX_MESSAGE_BYTES = 256 * 1024
const BUFFERED_BYTES = 64 * 1024

export type PipeOptions = {
  /** Where to connect for the gateway's own peer; `undefined` if the target is another. */
  own(target: PipeTarget): HostPort | undefined
  /** Whether a provider of this market, or a relay of one, is there. */
  knows(target: HostPort): boolean
  /** Private and loopback addresses too: for a market on this machine only. */
  allowPrivate: boolean
  limits?: Partial<PipeLimits> | undefined
  log: Log
}

export type Pipe = {
  /** Answers an upgrade in every case. `client`: whom it is counted for, see `clientOf`. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer, client: string): void
  use(): PipeUse
  /** Breaks off what is open. */
  stop(): void
}

/** Carries bytes between pages and peers of the market: a WebSocket's bytes are those of a TCP connection. */
export function createPipe(options: PipeOptions): Pipe {
  const limits = { ...defaultLimits, ...options.limits }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  })
  const open = new Set<Duplex>()
  const clients = new Map<string, number>()
  const use = { opened: 0, refused: new Map<string, number>(), bytesOut: 0, bytesIn: 0 }

  function enter(socket: Duplex, client: string): void {
    const ofClient = clients.get(client) ?? 0
    if (open.size >= limits.connections || ofClient >= limits.connectionsPerClient) throw tooMany(limits)
    open.add(socket)
    clients.set(client, ofClient + 1)
    socket.once('close', () => {
      open.delete(socket)
      const left = (clients.get(client) ?? 1) - 1
      if (left > 0) clients.set(client, left)
      else clients.delete(client)
    })
  }

  function bridge(page: WebSocket, peer: Socket): void {
    use.opened++
    peer.setTimeout(limits.idleMs, () => peer.destroy(new Error('idle')))
    const bytes = createWebSocketStream(page, { highWaterMark: BUFFERED_BYTES })
    const gate = libp2pGate()
    const out = byteRate(limits.bytesPerSecond, (count) => {
      use.bytesOut += count
    })
    const back = byteRate(limits.bytesPerSecond, (count) => {
      use.bytesIn += count
    })
    const over = (error: NodeJS.ErrnoException | null) => {
      if (error) options.log('debug', 'a pipe broke off', { error })
      bytes.destroy()
      peer.destroy()
    }
    pipeline(bytes, gate.out, out, peer, over)
    pipeline(peer, gate.back, back, bytes, over)
  }

  async function answer(request: IncomingMessage, socket: Duplex, head: Buffer, client: string): Promise<void> {
    const target = targetOf(request)
    const own = options.own(target)
    if (!own) checkTarget(target, options)
    enter(socket, client)
    const publicOnly = !own && !options.allowPrivate
    const peer = await connect(own ?? target, { publicOnly, limitMs: limits.connectMs, until: socket })
    socket.once('close', () => peer.destroy())
    server.handleUpgrade(request, socket, head, (page) => bridge(page, peer))
  }

  return {
    take(request, socket, head, client) {
      socket.on('error', () => socket.destroy())
      answer(request, socket, head, client).catch((error: unknown) => {
        const reason = error instanceof TenderError ? error.code : 'internal'
        use.refused.set(reason, (use.refused.get(reason) ?? 0) + 1)
        options.log('debug', 'refused a pipe', { reason })
        refuse(socket, error)
      })
    },
    use: () => ({ ...use, open: open.size, refused: Object.fromEntries(use.refused) }),
    stop() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

/** @throws {InvalidInputError} `badPeer` */
function targetOf({ url = '' }: IncomingMessage): PipeTarget {
  const query = new URL(url, 'http://gateway').searchParams
  const target = readTarget(query.get('peer') ?? '')
  if (target) return target
  const message = 'must be a multiaddr such as /ip4/203.0.113.7/tcp/4100/p2p/16Uiu2…'
  throw new InvalidInputError('this is no address of a peer', [{ path: 'peer', message }], { code: 'badPeer' })
}

/** @throws {TenderError} `unknownPeer`, `privateAddress` */
function checkTarget(target: PipeTarget, { knows, allowPrivate }: PipeOptions): void {
  if (!knows(target)) {
    throw new TenderError('no provider of this market, nor a relay of one, said that it is there', {
      code: 'unknownPeer',
      class: 'denied',
      hint: 'Providers say every minute where they are: this one may be new, or away.',
    })
  }
  if (!allowPrivate && isIP(target.host) && !isPublicAddress(target.host)) throw privateAddress(target.host)
}

function tooMany({ connections, connectionsPerClient }: PipeLimits): TenderError {
  return new TenderError('too many connections through this gateway', {
    code: 'tooMany',
    class: 'limit',
    hint: `Close some: ${connectionsPerClient} at once are for one client, ${connections} for all together.`,
  })
}

type ConnectOptions = { publicOnly: boolean; limitMs: number; until: Duplex }

/** @throws {UnreachableError} `unreachable`; {TenderError} `privateAddress` if a name leads there */
function connect({ host, port }: HostPort, { publicOnly, limitMs, until }: ConnectOptions): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = createConnection({ host, port, noDelay: true, ...(publicOnly && { lookup: lookupPublic }) })
  const timer = setTimeout(() => socket.destroy(new Error('nobody answered in time')), limitMs)
  const gone = () => socket.destroy(new Error('the page went away'))
  until.once('close', gone)
  socket.once('connect', () => resolve(socket))
  socket.once('error', (cause) => {
    const denied = cause instanceof TenderError
    reject(denied ? cause : new UnreachableError('that peer does not answer', { code: 'unreachable', cause }))
  })
  return promise.finally(() => {
    clearTimeout(timer)
    until.off('close', gone)
  })
}

/** A problem as the API tells it, on a connection that was to become another. */
function refuse(socket: Duplex, error: unknown): void {
  if (socket.destroyed) return
  const problem = problemOf(error, randomUUID())
  const body = JSON.stringify(problem)
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
