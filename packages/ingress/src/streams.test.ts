import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect, createConnection, createServer as createTcpServer, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { TenderError } from '@tender/protocol/errors'
import { describe, expect, test } from 'vitest'
import { listening, openTestIngress, routeTo, speak, startWorkload } from './testWorkload.ts'

type Handler = Parameters<typeof startWorkload>[0]

async function before(handle: Handler, options: Parameters<typeof openTestIngress>[1] = {}) {
  const { server, port } = await startWorkload(handle)
  const ingress = await openTestIngress({ 'web.x': routeTo(port) }, options)
  const begin = (over: RequestOptions = {}) =>
    request({ port: ingress.port, host: '127.0.0.1', headers: { host: 'web.x' }, agent: false, ...over })
  return { server, ingress, begin }
}

async function answerTo(asking: ReturnType<typeof request>): Promise<IncomingMessage> {
  // CAST: what `response` brings
  return (await once(asking, 'response'))[0] as IncomingMessage
}

describe('nothing is kept back', () => {
  test('server-sent events: the headers at once, each event when it is sent', async () => {
    let send: ((text: string) => void) | undefined
    const { begin } = await before((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      send = (text) => response.write(text)
    })
    const response = await answerTo(begin().end())
    expect(response.headers['content-type']).toBe('text/event-stream')
    response.setEncoding('utf8')
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      const next = once(response, 'data')
      send?.(event)
      expect(await next).toEqual([event])
    }
    response.destroy()
  })

  test('an upload whose first piece comes late has its headers told at once', async () => {
    const { begin } = await before((asked, response) => {
      response.write('I see you ')
      asked.pipe(response)
    })
    const asking = begin({ method: 'POST' })
    asking.flushHeaders()
    const response = await answerTo(asking)
    const text = response.toArray()
    asking.end('me too')
    expect(Buffer.concat(await text).toString()).toBe('I see you me too')
  })

  test('many megabytes of chunks to a workload that reads slowly, without keeping them', async () => {
    let asked: IncomingMessage | undefined
    const { begin } = await before((one) => {
      asked = one
    })
    const asking = begin({ method: 'POST' }).on('error', () => {})
    let sent = 0
    const total = 64 * 2 ** 20
    const more = () => {
      while (sent < total) {
        sent += 65_536
        if (!asking.write(Buffer.alloc(65_536))) return
      }
      asking.end()
    }
    asking.on('drain', more)
    more()
    const steady = async () => {
      const then = sent
      await new Promise((resolve) => setTimeout(resolve, 50))
      return asked !== undefined && sent === then
    }
    await expect.poll(steady, { timeout: 10_000 }).toBe(true)
    expect(sent).toBeLessThan(total / 2)
    let got = 0
    for await (const part of asked ?? []) got += part.length
    expect(got).toBe(total)
    asking.destroy()
  })
})

describe('HTTP to its last detail', () => {
  test('HEAD has the headers of a body, and none', async () => {
    const { begin } = await before((asked, response) => {
      expect(asked.method).toBe('HEAD')
      response.writeHead(200, { 'content-length': '1000' }).end()
    })
    const response = await answerTo(begin({ method: 'HEAD' }).end())
    expect(response.headers['content-length']).toBe('1000')
    expect(await response.toArray()).toEqual([])
  })

  test('trailers go both ways, but none that would change what was read', async () => {
    let trailers: unknown
    const { begin } = await before(async (asked, response) => {
      await asked.toArray()
      trailers = { announced: asked.headers.trailer, te: asked.headers.te, ...asked.trailers }
      response.writeHead(200, { trailer: 'x-sum' })
      response.write('body')
      response.addTrailers({ 'x-sum': '7', 'content-type': 'text/html' })
      response.end()
    })
    const headers = { host: 'web.x', trailer: 'x-count', te: 'trailers', 'transfer-encoding': 'chunked' }
    const asking = begin({ method: 'POST', headers })
    asking.write('x')
    asking.addTrailers({ 'x-count': '3', 'x-forwarded-for': '8.8.8.8' })
    const response = await answerTo(asking.end())
    await response.toArray()
    expect(trailers).toEqual({ announced: 'x-count', te: 'trailers', 'x-count': '3' })
    expect([response.headers.trailer, response.trailers]).toEqual(['x-sum', { 'x-sum': '7' }])
  })

  test('an old client gets no chunks', async () => {
    const { ingress } = await before((_, response) => {
      response.writeHead(200, { trailer: 'x-sum' })
      response.write('one ')
      response.addTrailers({ 'x-sum': '7' })
      response.end('two')
    })
    const heard = await speak(ingress.port, 'GET / HTTP/1.0\r\nhost: web.x\r\n\r\n')
    expect(heard.slice(heard.indexOf('\r\n\r\n') + 4)).toBe('one two')
  })

  test('a target that names another host is asked at the one that was meant', async () => {
    const { ingress } = await before((asked, response) => response.end(`${asked.headers.host}${asked.url}`))
    const ask = (target: string) =>
      speak(ingress.port, `GET ${target} HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n`)
    expect(await ask('http://other.x/a?b=c')).toMatch(/web\.x\/a\?b=c/)
    expect(await ask('/a?b=c')).toMatch(/web\.x\/a\?b=c/)
  })

  test('what a visitor says about itself is replaced', async () => {
    const seen: IncomingMessage['headers'][] = []
    const { begin } = await before((asked, response) => {
      seen.push(asked.headers)
      response.end()
    })
    const lies = {
      'x-forwarded-for': '8.8.8.8',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      forwarded: 'for=8.8.8.8',
    }
    await answerTo(begin({ headers: { host: 'web.x', 'x-real-ip': '8.8.8.8', ...lies } }).end())
    expect(seen[0]).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'web.x',
    })
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-port']) expect(seen[0]).not.toHaveProperty(name)
  })

  test('an answer that comes before the whole upload leaves the connection fit for the next request', async () => {
    const { ingress } = await before((asked, response) => {
      if (asked.method === 'GET') return void response.end('next')
      response.writeHead(413, { connection: 'close' }).end('too much', () => asked.socket.destroy())
    })
    const socket = connect(ingress.port, '127.0.0.1')
    let heard = ''
    socket.setEncoding('latin1').on('data', (part) => {
      heard += part
    })
    socket.write(`POST / HTTP/1.1\r\nhost: web.x\r\ncontent-length: ${2 ** 20}\r\n\r\n`)
    await expect.poll(() => heard).toMatch(/413.*too much/s)
    socket.write(Buffer.alloc(2 ** 20))
    socket.write('GET / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n')
    await once(socket, 'close')
    expect(heard).toMatch(/HTTP\/1\.1 200.*next/s)
  })
})

describe('connections to workloads', () => {
  test('are used again for the same key only', async () => {
    const peers = new Set<unknown>()
    const { server, port } = await startWorkload((asked, response) => {
      peers.add(asked.socket)
      response.end()
    })
    server.keepAliveTimeout = 0
    let key = 'one'
    const ingress = await openTestIngress({}, { route: async () => routeTo(port, { key }) })
    const ask = () => speak(ingress.port, 'GET / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n')
    await ask()
    await ask()
    expect(peers.size).toBe(1)
    key = 'two'
    await ask()
    expect(peers.size).toBe(2)
  })

  test('one that the workload closed in the meantime is no failure of a request that may be repeated', async () => {
    let connections = 0
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      connections += 1
      socket.on('data', () => {
        // The second request on the first connection finds it closed.
        if (sockets.includes(socket)) return void socket.resetAndDestroy()
        sockets.push(socket)
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')
      })
    })
    const ingress = await openTestIngress({ 'web.x': routeTo(await listening(server)) })
    const ask = (method: string) =>
      speak(ingress.port, `${method} / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n`)
    expect(await ask('GET')).toMatch(/200 OK.*hi/s)
    expect(await ask('GET')).toMatch(/200 OK.*hi/s)
    expect(connections).toBe(2)
    expect(await ask('POST')).toMatch(/^HTTP\/1\.1 502/)
  })

  test('that nobody uses any more are closed', async () => {
    let closed = 0
    const { server, begin } = await before(
      (asked, response) => {
        asked.socket.on('close', () => {
          closed += 1
        })
        response.end()
      },
      { limits: { keptMs: 50 } },
    )
    server.keepAliveTimeout = 0
    await answerTo(begin().end())
    await expect.poll(() => closed).toBe(1)
  })

  test('that cannot be had because there are too many are to be asked for again', async () => {
    const connect = async () => {
      throw new TenderError('too many', { code: 'tooManyStreams', class: 'limit' })
    }
    const ingress = await openTestIngress({ 'web.x': { state: 'ready', key: 'x', headers: {}, connect } })
    const heard = await speak(ingress.port, 'GET / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n')
    expect(heard).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1/s)
  })

  test('may be any stream, and so may those of visitors', async () => {
    const seen: IncomingMessage['headers'][] = []
    const { port } = await startWorkload((asked, response) => {
      seen.push(asked.headers)
      asked.pipe(response)
    })
    const connections: Duplex[] = []
    const through = async () => {
      const [near, far] = duplexPair()
      const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: true })
      far.pipe(socket).pipe(far)
      connections.push(near)
      return near
    }
    const ingress = await openTestIngress({ 'web.x': routeTo(port, { connect: through }) })
    const ask = async (trusted: boolean) => {
      const headers = { host: 'web.x', 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
      const createConnection = () => ingress.connect({ tls: false, trusted, address: '192.0.2.1' })
      const asking = request({ method: 'POST', headers, createConnection })
      const response = await answerTo(asking.end(Buffer.alloc(2 ** 20, 'a')))
      return Buffer.concat(await response.toArray()).length
    }
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    expect(await ask(true)).toBe(2 ** 20)
    for (let count = 0; count < 15; count++) expect(await ask(false)).toBe(2 ** 20)
    process.off('warning', warned)
    expect(warnings).toEqual([])
    expect(seen[0]).toMatchObject({ 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' })
    expect(seen[1]).toMatchObject({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http' })
    expect(connections).toHaveLength(1)
  })
})

describe('limits', () => {
  test('a workload that says nothing', async () => {
    const { begin } = await before(() => {}, { limits: { silenceMs: 50 } })
    expect((await answerTo(begin().end())).statusCode).toBe(502)
  })

  test('a stream that moves has no end, one that does not has', async () => {
    const moments = 130
    const { begin } = await before(
      async (asked, response) => {
        if (asked.url === '/quiet') return void response.write('once')
        for (let count = 0; count < moments; count++) {
          response.write('.')
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        response.end()
      },
      { limits: { silenceMs: 5_000, idleMs: 5_000 } },
    )
    // Longer than either limit.
    expect(Buffer.concat(await (await answerTo(begin().end())).toArray())).toHaveLength(moments)
    await expect((await answerTo(begin({ path: '/quiet' }).end())).toArray()).rejects.toMatchObject({
      code: 'ECONNRESET',
    })
  })

  test('more connections than there may be', async () => {
    const { ingress } = await before((_, response) => response.end(), { limits: { maxConnections: 2 } })
    const held = [connect(ingress.port, '127.0.0.1'), connect(ingress.port, '127.0.0.1')]
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    const third = connect(ingress.port, '127.0.0.1').on('error', () => {})
    await once(third, 'close')
    const [first] = held
    first?.destroy()
    const ask = () => speak(ingress.port, 'GET / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\n\r\n').catch(String)
    await expect.poll(ask).toMatch(/^HTTP\/1\.1 200/)
    held[1]?.destroy()
  })

  test('closing breaks off what is under way', async () => {
    const { ingress, begin } = await before((_, response) => response.write('for ever'))
    const response = await answerTo(begin().end())
    const broken = once(response, 'error')
    await ingress.close()
    await broken
  })
})
