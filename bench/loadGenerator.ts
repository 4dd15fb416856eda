import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { quantile } from './quantile.ts'

/** Where requests go. */
export type Target = {
  host: string
  port: number
  headers: Readonly<Record<string, string>>
  /** Over TLS, for this server name. */
  serverName?: string
  /** PEM of the authority that is believed then. */
  ca?: string
}

export type Load = Target & {
  /** Kept alive, each with one request under way. */
  connections: number
  requests: number
}

export type Measured = {
  requestsPerSecond: number
  /** From the first byte sent to the last received. */
  p50Ms: number
  p99Ms: number
  /** Answers other than 200. */
  failures: number
}

/** Sends `requests` GETs and measures them. Raw sockets: an HTTP client would cost more than the servers measured. */
export async function generateLoad({ connections, requests, ...target }: Load): Promise<Measured> {
  const { host, headers } = target
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `GET / HTTP/1.1\r\n${lines.join('')}\r\n`
  const latenciesMs: number[] = []
  let left = requests
  let failures = 0
  const startedMs = performance.now()
  const worker = async () => {
    const socket = await connectTo(target)
    try {
      const next = createResponses(socket)
      while (left > 0) {
        left -= 1
        const sentMs = performance.now()
        socket.write(request)
        if ((await next()) !== 200) failures += 1
        latenciesMs.push(performance.now() - sentMs)
      }
    } finally {
      socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - startedMs) / 1_000
  return {
    requestsPerSecond: requests / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    failures,
  }
}

/** A connection, TLS and all. */
export async function connectTo({ host, port, serverName, ca }: Target): Promise<Socket> {
  if (serverName === undefined) {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    return socket
  }
  const socket = connectTls({ host, port, servername: serverName, ca, ALPNProtocols: ['http/1.1'] })
  await once(socket, 'secureConnect')
  return socket.setNoDelay(true)
}

/** The status of one response after the other; every response must say its length. */
function createResponses(socket: Socket): () => Promise<number> {
  let pending = ''
  let waiting: PromiseWithResolvers<number> | undefined
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    pending += chunk
    const end = pending.indexOf('\r\n\r\n')
    const length = Number(/^content-length: (\d+)/im.exec(pending.slice(0, end))?.[1])
    if (end < 0 || pending.length < end + 4 + length) return
    const status = Number(pending.slice(9, 12))
    pending = pending.slice(end + 4 + length)
    waiting?.resolve(status)
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')))
  return () => {
    waiting = Promise.withResolvers()
    return waiting.promise
  }
}
