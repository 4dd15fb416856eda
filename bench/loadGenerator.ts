import { connect, type Socket } from 'node:net'

export type Load = {
  host: string
  port: number
  headers: Readonly<Record<string, string>>
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
export async function generateLoad({ host, port, headers, connections, requests }: Load): Promise<Measured> {
  const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `GET / HTTP/1.1\r\nhost: ${host}\r\n${extra.join('')}\r\n`
  const latenciesMs: number[] = []
  let left = requests
  let failures = 0
  const startedMs = performance.now()
  const worker = async () => {
    const socket = connect({ host, port, noDelay: true })
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
  latenciesMs.sort((a, b) => a - b)
  return {
    requestsPerSecond: requests / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    failures,
  }
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

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN
}
