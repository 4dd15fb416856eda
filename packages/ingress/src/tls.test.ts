import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer as createHttpsServer, request } from 'node:https'
import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createFileCertificates } from './certificates/fileCertificates.ts'
import type { Route } from './route.ts'
import { createTestAuthority, type TestAuthority } from './testCertificates.ts'
import { listening, openTestIngress, routeTo, speak, startWorkload } from './testWorkload.ts'

let authority: TestAuthority
beforeAll(async () => {
  authority = await createTestAuthority()
})

function newDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tender-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

type Pem = { chain: string; key: string }

/** Files of a certificate, and a way to put another there. */
function filesOf({ chain, key }: Pem, dir = newDirectory()) {
  const [certFile, keyFile] = [join(dir, 'fullchain.pem'), join(dir, 'privkey.pem')]
  const put = (pem: Pem) => {
    writeFileSync(certFile, pem.chain)
    writeFileSync(keyFile, pem.key)
  }
  put({ chain, key })
  return { certFile, keyFile, put }
}

type Secure = Parameters<typeof openTestIngress>[1] & {
  routes?: Record<string, Route>
  through?: Record<string, Route>
}

/** An ingress with a plain and a TLS listener, and a certificate for `*.x.org`. */
async function secured({ routes = {}, through = {}, ...options }: Secure = {}) {
  const files = filesOf(await authority.issue('*.x.org'))
  const logged: { message: string; fields: object }[] = []
  const log = (_: string, message: string, fields = {}) => void logged.push({ message, fields })
  const certificates = await createFileCertificates({ certificates: [{ host: '*.x.org', ...files }], log })
  const at = { host: '127.0.0.1', port: 0 }
  const ingress = await openTestIngress(routes, {
    listeners: [at, { ...at, tls: true }],
    certificates,
    passThrough: async (host) => through[host],
    log,
    ...options,
  })
  const [plain = 0, port = 0] = ingress.ports
  return { ingress, plain, port, files, logged }
}

async function get(port: number, host: string, options: object = {}) {
  const asking = request({
    port,
    host: '127.0.0.1',
    servername: host,
    ca: authority.root,
    headers: { host, connection: 'close' },
    agent: false,
    ...options,
  })
  // CAST: what `response` brings
  const [response] = (await once(asking.end(), 'response')) as [IncomingMessage]
  return { status: response.statusCode, text: Buffer.concat(await response.toArray()).toString() }
}

/** @returns the handshake's error, or undefined */
async function handshake(port: number, options: ConnectionOptions): Promise<string | undefined> {
  const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', ca: authority.root, ...options })
  onTestFinished(() => void socket.destroy())
  try {
    await once(socket, 'secureConnect')
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('TLS that ends here', () => {
  test('requests are served like others, and known to have come encrypted', async () => {
    const seen: IncomingMessage['headers'][] = []
    const { port: workload } = await startWorkload((asked, response) => {
      seen.push(asked.headers)
      response.end('hello')
    })
    const { port } = await secured({ routes: { 'web.x.org': routeTo(workload) } })
    expect(await get(port, 'web.x.org')).toEqual({ status: 200, text: 'hello' })
    expect(seen[0]).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' })
  })

  test('one connection after the other may be the only one', async () => {
    const { port: workload } = await startWorkload((_, response) => response.end('hello'))
    const through = { 'mq.x.org': routeTo(workload) }
    const { port } = await secured({
      routes: { 'web.x.org': routeTo(workload) },
      through,
      limits: { maxConnections: 1 },
    })
    const ask = () => get(port, 'web.x.org').catch(String)
    for (let count = 0; count < 5; count++) {
      await expect.poll(ask).toEqual({ status: 200, text: 'hello' })
      await expect.poll(() => handshake(port, { servername: 'nobody.x.org' })).toMatch(/UNRECOGNIZED_NAME/)
      await expect.poll(() => handshake(port, { servername: 'mq.x.org' })).toMatch(/WRONG_VERSION|PACKET/)
    }
  })

  test('WebSockets too', async () => {
    const { server, port: workload } = await startWorkload(() => {})
    new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
    const { port } = await secured({ routes: { 'web.x.org': routeTo(workload) } })
    const options = { headers: { host: 'web.x.org' }, servername: 'web.x.org', ca: authority.root }
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, options)
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    socket.close()
    await once(socket, 'close')
  })

  test('no other host is answered on the connection', async () => {
    const { port: workload } = await startWorkload((_, response) => response.end('hello'))
    const { port } = await secured({ routes: { 'web.x.org': routeTo(workload), 'other.x.org': routeTo(workload) } })
    const asked = { headers: { host: 'other.x.org', connection: 'close' } }
    expect(await get(port, 'web.x.org', asked)).toMatchObject({ status: 421 })
  })

  test('HTTP/1.1 is chosen, and who speaks only HTTP/2 is told so', async () => {
    const { port } = await secured({ routes: { 'web.x.org': { state: 'starting' } } })
    expect(await handshake(port, { servername: 'web.x.org', ALPNProtocols: ['h2', 'http/1.1'] })).toBeUndefined()
    expect(await handshake(port, { servername: 'web.x.org', ALPNProtocols: ['h2'] })).toBe(
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    )
  })

  test('old versions of TLS are not spoken', async () => {
    const { port } = await secured({ routes: { 'web.x.org': { state: 'starting' } } })
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    expect(await handshake(port, { servername: 'web.x.org', ...old })).toMatch(/PROTOCOL_VERSION/)
  })

  test.each([
    ['no server name', {}, 'ERR_SSL_SSL/TLS_ALERT_MISSING_EXTENSION'],
    ['a host without a lease', { servername: 'nobody.x.org' }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
    ['a host without a certificate', { servername: 'web.y.org' }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
  ])('%s is refused with an alert', async (_, options, code) => {
    const starting = { state: 'starting' } as const
    const { port } = await secured({ routes: { 'web.x.org': starting, 'web.y.org': starting } })
    const error = await handshake(port, options)
    expect([code, code.replace('ERR_SSL_SSL/TLS', 'ERR_SSL_TLSV13'), code.replace('TLSV1_', 'TLSV1_ALERT_')]).toContain(
      error,
    )
  })

  test('whoever speaks HTTP to it, or nothing, is closed', async () => {
    const { port } = await secured({ limits: { headersMs: 5_000 } })
    expect(await speak(port, 'GET / HTTP/1.1\r\nhost: web.x.org\r\n\r\n')).toBe('\x15\x03\x03\x00\x02\x02\x0a')
    const silent = connectTcp(port, '127.0.0.1')
    await once(silent, 'close')
  })

  test('a client that breaks off its handshake disturbs nobody', async () => {
    const { port: workload } = await startWorkload((_, response) => response.end('hello'))
    const { port } = await secured({ routes: { 'web.x.org': routeTo(workload) } })
    expect(await handshake(port, { servername: 'web.x.org', ca: [] })).toBeDefined()
    expect((await get(port, 'web.x.org')).status).toBe(200)
  })
})

describe('TLS that the workload ends', () => {
  test('is passed on as it came, so that only the workload has the key', async () => {
    const own = await (await createTestAuthority()).issue('web.x.org')
    const workload = createHttpsServer({ key: own.key, cert: own.chain }, (_, response) => response.end('mine'))
    const { port } = await secured({ through: { 'web.x.org': routeTo(await listening(workload)) } })
    const asked = { rejectUnauthorized: false }
    expect(await get(port, 'web.x.org', asked)).toEqual({ status: 200, text: 'mine' })
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'web.x.org', ...asked })
    await once(socket, 'secureConnect')
    expect(socket.getPeerX509Certificate()?.issuer).toBe('CN=Test authority')
    expect(await handshake(port, { servername: 'web.x.org' })).toMatch(/SELF_SIGNED|UNABLE|SIGNATURE/)
    socket.destroy()
  })

  test('whatever protocol is inside, byte by byte, both ways', async () => {
    let got = Buffer.alloc(0)
    const workload = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (part) => {
        got = Buffer.concat([got, part])
      })
      socket.on('end', () => socket.end(got.subarray(-5)))
    })
    const { port } = await secured({ through: { 'web.x.org': routeTo(await listening(workload)) } })
    const recorded: Buffer[] = []
    const tap = createTcpServer((socket) => socket.on('data', (part) => recorded.push(part)))
    connectTls({ port: await listening(tap), host: '127.0.0.1', servername: 'web.x.org' }).on('error', () => {})
    await expect.poll(() => recorded.length).toBeGreaterThan(0)
    const said = Buffer.concat([...recorded, Buffer.alloc(2 ** 20, 7), Buffer.from('close')])
    const visitor = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
    const answer = visitor.toArray()
    visitor.end(said)
    expect(Buffer.concat(await answer).toString()).toBe('close')
    expect(got.equals(said)).toBe(true)
  })

  test.each<[string, Route]>([
    ['starts', { state: 'starting' }],
    ['is over', { state: 'failed', reason: 'over' }],
    ['takes no connection', routeTo(1, { connect: () => Promise.reject(new Error('no')) })],
  ])('of a workload that %s is refused', async (_, route) => {
    const { port } = await secured({ through: { 'web.x.org': route } })
    expect(await handshake(port, { servername: 'web.x.org' })).toMatch(/INTERNAL_ERROR/)
  })
})

describe('plain requests', () => {
  test('are sent to https once there is a certificate, and only then', async () => {
    const { port: workload } = await startWorkload((_, response) => response.end('plain'))
    const routes = { 'web.x.org': routeTo(workload), 'web.y.org': routeTo(workload) }
    const { plain } = await secured({ routes, redirectPort: 8443 })
    const ask = (host: string) => speak(plain, `POST /a?b HTTP/1.1\r\nhost: ${host}:80\r\nconnection: close\r\n\r\n`)
    expect(await ask('web.x.org')).toMatch(/^HTTP\/1\.1 308 .*location: https:\/\/web\.x\.org:8443\/a\?b\r\n/s)
    expect(await ask('web.y.org')).toMatch(/plain/)
  })
})

describe('certificates from files', () => {
  test('are read again when they have changed, half of a change is waited out', async () => {
    const { port, files, logged } = await secured({ routes: { 'web.x.org': { state: 'starting' } } })
    const serial = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: 'web.x.org', ca: authority.root })
      await once(socket, 'secureConnect')
      const { serialNumber } = socket.getPeerX509Certificate() ?? {}
      socket.destroy()
      return serialNumber
    }
    const first = await serial()
    const next = await authority.issue('*.x.org')
    writeFileSync(files.certFile, next.chain)
    const complaints = () => logged.filter(({ message }) => message === 'a certificate cannot be read').length
    await expect.poll(async () => [await serial(), complaints()]).toEqual([first, 1])
    files.put(next)
    await expect.poll(serial).not.toBe(first)
  })

  test('may be links that change where they lead', async () => {
    const dir = newDirectory()
    const [one, two] = [filesOf(await authority.issue('a.org')), filesOf(await authority.issue('a.org'))]
    const [certFile, keyFile] = [join(dir, 'cert'), join(dir, 'key')]
    const link = (to: typeof one) => {
      symlinkSync(to.certFile, certFile)
      symlinkSync(to.keyFile, keyFile)
    }
    link(one)
    const log = () => {}
    const certificates = await createFileCertificates({ certificates: [{ host: 'a.org', certFile, keyFile }], log })
    const context = () => certificates.contextFor('a.org', new AbortController().signal)
    const first = await context()
    expect(first).toBeDefined()
    unlinkSync(certFile)
    unlinkSync(keyFile)
    link(two)
    await expect.poll(context).not.toBe(first)
  })

  test('that cannot be used are said so once, and are not used', async () => {
    const logged: [string, object][] = []
    const log = (_: string, message: string, fields = {}) => void logged.push([message, fields])
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }
    const certificates = await createFileCertificates({
      certificates: [
        { host: 'missing.org', certFile: '/nowhere/cert', keyFile: '/nowhere/key' },
        { host: 'wrong.org', ...filesOf(await authority.issue('right.org')) },
        { host: 'old.org', ...filesOf(await authority.issue('old.org', past)) },
        {
          host: 'mixed.org',
          ...filesOf({ ...(await authority.issue('mixed.org')), key: (await authority.issue('x')).key }),
        },
      ],
      log,
    })
    for (const host of ['missing.org', 'wrong.org', 'old.org', 'mixed.org', 'wrong.org', 'other.org']) {
      expect(await certificates.contextFor(host, new AbortController().signal)).toBeUndefined()
      expect(certificates.has(host)).toBe(false)
    }
    const about = (host: string) =>
      logged.filter(([message, { host: of }]: [string, { host?: string }]) => /cannot/.test(message) && of === host)
    for (const host of ['missing.org', 'wrong.org', 'old.org', 'mixed.org']) expect(about(host), host).toHaveLength(1)
  })
})
