import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createTestAuthority } from '@tender/ingress/testCertificates'
import { describe, expect, onTestFinished, test } from 'vitest'
import { probeHttp } from './httpProbe.ts'
import { probeTls } from './tlsProbe.ts'

const soon = () => AbortSignal.timeout(60_000)
const options = { timeoutMs: 20_000, allowPrivate: true }

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // CAST: it listens on TCP
  return (server.address() as AddressInfo).port
}

async function serve(listener: RequestListener): Promise<URL> {
  return new URL(`http://label.localhost:${await listening(createServer(listener))}`)
}

describe('a visit', () => {
  test.each([200, 204, 404, 429, 499])('is good with status %i', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end())
    expect(await probeHttp(url, options, soon())).toMatchObject({ outcome: 'good', detail: '' })
  })

  test.each([421, 500, 502, 503, 504])('is bad with status %i', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end())
    expect(await probeHttp(url, options, soon())).toMatchObject({ outcome: 'bad', detail: `it answers ${status}` })
  })

  test('looks like a browser, and comes to the host that was named', async () => {
    const seen = Promise.withResolvers<IncomingMessage>()
    const url = await serve((request, response) => {
      seen.resolve(request)
      response.end('hello')
    })
    await probeHttp(url, options, soon())
    const { headers, method, url: path } = await seen.promise
    expect([method, path, headers.host]).toEqual(['GET', '/', url.host])
    expect(headers['user-agent']).toMatch(/^Mozilla\/5\.0 /)
    expect(Object.keys(headers).join(' ')).not.toMatch(/tender|monitor|x-/)
  })

  test('goes out from the address that was set', async () => {
    const from = Promise.withResolvers<string | undefined>()
    const url = await serve(({ socket }, response) => {
      from.resolve(socket.remoteAddress)
      response.end()
    })
    await probeHttp(url, { ...options, localAddress: '127.0.0.7' }, soon())
    expect(await from.promise).toBe('127.0.0.7')
  })

  test('is bad if nobody listens, hangs up, breaks off in the middle, or says nothing in time', async () => {
    const silent = await serve(() => {})
    const brief = { ...options, timeoutMs: 200 }
    expect(await probeHttp(silent, brief, soon())).toMatchObject({
      outcome: 'bad',
      detail: 'it did not answer in time',
    })
    const rude = await serve(({ socket }) => socket.destroy())
    expect(await probeHttp(rude, options, soon())).toMatchObject({ outcome: 'bad', detail: 'ECONNRESET' })
    const broken = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half', () => response.destroy())
    })
    expect((await probeHttp(broken, options, soon())).outcome).toBe('bad')
    const closed = createTcpServer()
    const port = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    const nobody = await probeHttp(new URL(`http://label.localhost:${port}`), options, soon())
    expect(nobody).toMatchObject({ outcome: 'bad', detail: 'ECONNREFUSED' })
  })

  test('reads only so much, and what streams on has answered', async () => {
    const url = await serve((_request, response) => {
      const more = () => response.write('x'.repeat(10_000), (error) => !error && more())
      more()
    })
    expect((await probeHttp(url, options, soon())).outcome).toBe('good')
    const events = await serve((_request, response) => void response.write('data: 1\n\n'))
    expect((await probeHttp(events, { ...options, timeoutMs: 3_000 }, soon())).outcome).toBe('good')
  })

  test('follows its host, and nobody else', async () => {
    const broken = await serve((_request, response) => response.writeHead(503).end())
    const elsewhere = await serve((_request, response) => response.writeHead(302, { location: broken.href }).end())
    const other = new URL(elsewhere.href.replace('label', 'other'))
    const follow = await serve(({ url }, response) => {
      if (url === '/there') response.writeHead(500).end()
      else response.writeHead(302, { location: '/there' }).end()
    })
    expect(await probeHttp(follow, options, soon())).toMatchObject({ outcome: 'bad', detail: 'it answers 500' })
    // Another port of the host, and another host: both could be anything of this machine.
    expect((await probeHttp(elsewhere, options, soon())).outcome).toBe('good')
    expect((await probeHttp(other, options, soon())).outcome).toBe('good')
    const loop = await serve((_request, response) => response.writeHead(302, { location: '/' }).end())
    expect((await probeHttp(loop, options, soon())).outcome).toBe('good')
  })

  test('never goes to a private address of a public market', async () => {
    let visited = false
    const url = await serve((_request, response) => {
      visited = true
      response.end()
    })
    const inPublic = { ...options, allowPrivate: false }
    for (const host of ['label.localhost', '127.0.0.1', '10.0.0.1', '[::1]', '169.254.169.254']) {
      const target = new URL(url.href.replace('label.localhost', host))
      const { outcome, detail } = await probeHttp(target, inPublic, soon())
      expect([outcome, detail], host).toEqual(['bad', 'privateAddress'])
    }
    expect(visited).toBe(false)
  })

  test('rejects when it is aborted', async () => {
    const url = await serve(() => aborting.abort())
    const aborting = new AbortController()
    await expect(probeHttp(url, options, aborting.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('a handshake', () => {
  test('is good if the workload ends TLS for that name, whatever it speaks', async () => {
    const { chain: cert, key } = await (await createTestAuthority()).issue('label.localhost')
    const port = await listening(createTlsServer({ cert, key }, (socket) => socket.end('220 not HTTP\r\n')))
    expect((await probeTls(new URL(`https://label.localhost:${port}`), options, soon())).outcome).toBe('good')
  })

  test('is bad if somebody listens who does not speak TLS, or nobody does', async () => {
    const port = await listening(createTcpServer((socket) => socket.on('error', () => {}).end('hello')))
    expect((await probeTls(new URL(`https://label.localhost:${port}`), options, soon())).outcome).toBe('bad')
    const silent = await listening(createTcpServer((socket) => socket.on('error', () => {})))
    const brief = { ...options, timeoutMs: 200 }
    const result = await probeTls(new URL(`https://label.localhost:${silent}`), brief, soon())
    expect(result).toMatchObject({ outcome: 'bad', detail: 'it did not answer in time' })
    const hidden = { ...options, allowPrivate: false }
    expect((await probeTls(new URL(`https://127.0.0.1:${port}`), hidden, soon())).detail).toBe('privateAddress')
  })
})
