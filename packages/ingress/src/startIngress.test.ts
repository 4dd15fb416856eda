import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createConnection } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReadyRoute, Route } from './route.ts'
import { type Ingress, startIngress } from './startIngress.ts'

let ingress: Ingress
let port: number
let workload: Server
let handle: (request: IncomingMessage, response: ServerResponse) => void
let routes: Record<string, Route>
const seen: IncomingMessage['headers'][] = []

const log = () => {}

function to(port: number): ReadyRoute {
  const connect = async () => createConnection({ host: '127.0.0.1', port })
  return { state: 'ready', key: String(port), headers: {}, connect }
}

beforeEach(async () => {
  seen.length = 0
  handle = (_, response) => response.end('hello')
  workload = createServer((asked, response) => {
    seen.push(asked.headers)
    handle(asked, response)
  })
  await new Promise<void>((resolve) => workload.listen(0, '127.0.0.1', resolve))
  // CAST: it listens on TCP
  const { port: listening } = workload.address() as AddressInfo
  routes = {
    web: { ...to(listening), headers: { 'x-tender-token': 'secret' } },
    soon: { state: 'starting' },
    ill: { state: 'failed', reason: 'exited with code 3' },
    dead: to(1),
  }
  const route = async (host: string) => {
    if (host === 'bug.localhost') throw new Error('a secret path')
    return routes[host.split('.')[0] ?? '']
  }
  ingress = await startIngress({ listeners: [{ host: '127.0.0.1', port: 0 }], route, log })
  port = ingress.ports[0] ?? 0
})
afterEach(async () => {
  await ingress.close()
  workload.closeAllConnections()
  workload.close()
})

type Asked = { method?: string; headers?: Record<string, string>; body?: string }

function ask(host: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number | undefined; headers: IncomingMessage['headers']; text: string }>(
    (resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', method, headers: { host, ...headers } })
      asking.on('response', (response) => {
        const { statusCode: status, headers } = response
        response.toArray().then((parts) => resolve({ status, headers, text: Buffer.concat(parts).toString() }), reject)
      })
      asking.on('error', reject)
      asking.end(body)
    },
  )
}

/** Speaks HTTP by hand. @returns everything that came back until the other side closed */
function speak(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let heard = ''
    socket.setEncoding('latin1').on('data', (part: string) => {
      heard += part
    })
    socket.on('end', () => resolve(heard))
    socket.on('error', reject)
  })
}

describe('finds the workload by host', () => {
  test.each([
    ['web.localhost:8080', 200, 'hello'],
    ['WEB.localhost', 200, 'hello'],
    ['nobody.localhost', 404, 'No lease'],
    ['soon.localhost', 503, 'starting'],
    ['ill.localhost', 502, 'exited with code 3'],
    ['dead.localhost', 502, 'no answer'],
    ['bug.localhost', 502, 'no answer'],
  ])('%s is answered with %i', async (host, status, text) => {
    const answer = await ask(host)
    expect(answer).toMatchObject({ status, text: expect.stringContaining(text) })
    expect(answer.text).not.toContain('secret')
  })

  test('what came and how it was answered is counted', async () => {
    for (const host of ['web.x', 'nobody.x', 'dead.x', 'web.x']) await ask(host)
    await expect.poll(() => ingress.counts().requests).toEqual({ '1xx': 0, '2xx': 2, '3xx': 0, '4xx': 1, '5xx': 1 })
    const { receivedBytes, sentBytes, refusedConnections } = ingress.counts()
    expect(refusedConnections).toBe(0)
    expect(receivedBytes).toBeGreaterThan(4 * 'GET / HTTP/1.1'.length)
    expect(sentBytes).toBeGreaterThan(4 * 'HTTP/1.1 200 OK'.length)
  })

  test('a workload that is not there yet may be asked again', async () => {
    expect((await ask('soon.localhost')).headers['retry-after']).toBe('1')
  })

  test('a port that is taken is named', async () => {
    const again = startIngress({ listeners: [{ host: '127.0.0.1', port }], route: async () => undefined, log })
    await expect(again).rejects.toMatchObject({ code: 'portTaken', class: 'conflict' })
  })
})

describe('passes on what is meant for the workload, and nothing else', () => {
  test('no visitor can bring the token, or an address of its own', async () => {
    await ask('web.x', { headers: { 'X-Tender-Token': 'mine', 'X-Forwarded-For': '8.8.8.8' } })
    expect(seen[0]).toMatchObject({ 'x-tender-token': 'secret', 'x-forwarded-for': '127.0.0.1', host: 'web.x' })
  })

  test("no answer carries the connection's headers", async () => {
    handle = (_, response) =>
      response.writeHead(201, { 'keep-alive': 'x', 'x-mine': '1', 'set-cookie': ['a', 'b'] }).end()
    const { status, headers } = await ask('web.x')
    expect([status, headers['x-mine'], headers['set-cookie']]).toEqual([201, '1', ['a', 'b']])
    expect(headers['keep-alive']).not.toBe('x')
  })

  test.each([
    ['a length that `connection` names', 'connection: content-length, close\r\ncontent-length: 40'],
    ['a length', 'connection: close\r\ncontent-length: 40'],
  ])('a GET with a body is one request, with %s', async (_, framing) => {
    const hidden = 'GET /hidden HTTP/1.1\r\nhost: web.x\r\n\r\n'.padEnd(40, ' ').slice(0, 40)
    const bodies: string[] = []
    handle = async (asked, response) => {
      bodies.push(Buffer.concat(await asked.toArray()).toString())
      response.end('one')
    }
    const heard = await speak(`GET / HTTP/1.1\r\nhost: web.x\r\n${framing}\r\n\r\n${hidden}`)
    expect(heard.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
    expect(bodies).toEqual([hidden])
  })

  test('a GET with chunks is one request', async () => {
    const hidden = 'GET /hidden HTTP/1.1\r\nhost: web.x\r\n\r\n'
    const bodies: string[] = []
    handle = async (asked, response) => {
      bodies.push(Buffer.concat(await asked.toArray()).toString())
      response.end('one')
    }
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
    const heard = await speak(
      `GET / HTTP/1.1\r\nhost: web.x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`,
    )
    expect(heard.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
    expect(bodies).toEqual([hidden])
  })

  test('two lengths are refused', async () => {
    const heard = await speak(
      'POST / HTTP/1.1\r\nhost: web.x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(heard).toMatch(/^HTTP\/1\.1 400/)
    expect(seen).toEqual([])
  })

  test('who waits to be told to go on is told', async () => {
    handle = async (asked, response) => response.end(Buffer.concat(await asked.toArray()))
    expect(await ask('web.x', { method: 'POST', headers: { expect: '100-continue' }, body: 'hi' })).toMatchObject({
      status: 200,
      text: 'hi',
    })
    expect(seen[0]).not.toHaveProperty('expect')
  })

  test('an offer of HTTP/2 is answered in HTTP/1.1', async () => {
    const heard = await speak('GET / HTTP/1.1\r\nhost: web.x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n')
    expect(heard).toMatch(/^HTTP\/1\.1 200/)
    expect(seen[0]).not.toHaveProperty('upgrade')
  })
})

describe('streams', () => {
  test('both ways at once, holding nothing back', async () => {
    handle = (asked, response) => {
      asked.on('data', (part) => response.write(part))
      asked.on('end', () => response.end())
    }
    const asking = request({ port, host: '127.0.0.1', method: 'POST', headers: { host: 'web.x' } })
    asking.write('one')
    const response = await new Promise<IncomingMessage>((resolve) => asking.on('response', resolve))
    response.setEncoding('utf8')
    const next = () => new Promise<string>((resolve) => response.once('data', resolve))
    // The first piece comes back before the second is sent.
    expect(await next()).toBe('one')
    const second = next()
    asking.write('two')
    expect(await second).toBe('two')
    asking.end()
    await new Promise((resolve) => response.on('end', resolve))
  })

  test('many megabytes to a visitor who reads slowly, without keeping them', async () => {
    const total = 64 * 2 ** 20
    let sent = 0
    handle = (_, response) => {
      const more = () => {
        while (sent < total) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536))) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    }
    const asking = request({ port, host: '127.0.0.1', headers: { host: 'web.x' } })
    asking.end()
    const response = await new Promise<IncomingMessage>((resolve) => asking.on('response', resolve))
    // Whoever reads nothing gets what the sockets hold, and no more is taken from the workload.
    const steady = async () => {
      const before = sent
      await new Promise((resolve) => setTimeout(resolve, 50))
      return sent === before
    }
    await expect.poll(steady, { timeout: 5_000 }).toBe(true)
    expect(sent).toBeLessThan(total / 2)
    let got = 0
    for await (const part of response) got += part.length
    expect(got).toBe(total)
  })

  test('a visitor who leaves ends the request', async () => {
    const left = new Promise<void>((resolve) => {
      handle = (_, response) => {
        response.write('first')
        response.on('close', resolve)
      }
    })
    const asking = request({ port, host: '127.0.0.1', headers: { host: 'web.x' } })
    asking.on('error', () => {}) // its own doing
    asking.end()
    const response = await new Promise<IncomingMessage>((resolve) => asking.on('response', resolve))
    response.on('error', () => {})
    asking.destroy()
    await left
  })

  test('a workload that breaks off breaks off its answer', async () => {
    handle = (asked, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => asked.socket.destroy())
    }
    await expect(ask('web.x')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('a hundred at once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('web.x')))
    expect(answers.every(({ status, text }) => status === 200 && text === 'hello')).toBe(true)
  })
})

test.each([
  ['a status that is none', 'HTTP/1.1 099 odd\r\ncontent-length: 0\r\n\r\n'],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ['no HTTP', 'I am no server\r\n\r\n'],
  ['nothing', ''],
])('a workload that answers with %s ends its own request only', async (_, bytes) => {
  handle = (asked) => asked.socket.end(bytes)
  expect((await ask('web.x')).status).toBe(502)
  handle = (_, response) => response.end('hello')
  expect((await ask('web.x')).status).toBe(200)
})

test('a client that drips its headers, however steadily, is closed', async () => {
  const dripping = await startIngress({
    listeners: [{ host: '127.0.0.1', port: 0 }],
    route: async () => undefined,
    log,
    limits: { headersMs: 200 },
  })
  const client = connect(dripping.ports[0] ?? 0, '127.0.0.1').on('error', () => {})
  client.write('GET / HTTP/1.1\r\nhost: web.x\r\n')
  const drip = setInterval(() => client.write('x: y\r\n'), 20)
  client.resume()
  await new Promise((resolve) => client.on('close', resolve))
  clearInterval(drip)
  await dripping.close()
})
