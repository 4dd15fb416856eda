import { once } from 'node:events'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { IngressLimits } from './limits.ts'
import { listening, openTestIngress, routeTo, speak, startWorkload } from './testWorkload.ts'

/** A WebSocket server that answers what it is told, and an ingress before it. */
async function echoing(limits: Partial<IngressLimits> = {}) {
  const { server, port } = await startWorkload((_, response) => response.end('plain'))
  const sockets = new WebSocketServer({ server, maxPayload: 2 ** 28 })
  const asked: Record<string, unknown>[] = []
  sockets.on('connection', (socket, request) => {
    asked.push(request.headers)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  const ingress = await openTestIngress(
    { 'web.x': routeTo(port, { headers: { 'x-tender-token': 'secret' } }) },
    { limits },
  )
  const open = async (options = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${ingress.port}/chat`, { headers: { host: 'web.x' }, ...options })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }
  return { asked, open, ingress, sockets }
}

const received = async (socket: WebSocket) => String((await once(socket, 'message'))[0])

test('a WebSocket carries messages both ways, with compression, until either side closes', async () => {
  const { asked, open, sockets } = await echoing()
  const socket = await open()
  const answer = received(socket)
  socket.send('hello')
  expect(await answer).toBe('hello')
  expect(asked[0]).toMatchObject({ 'x-tender-token': 'secret', 'x-forwarded-for': '127.0.0.1', host: 'web.x' })

  const closed = once(socket, 'close')
  for (const client of sockets.clients) client.close(4001, 'enough')
  expect((await closed).map(String)).toEqual(['4001', 'enough'])
})

test('what the visitor sends at once with the handshake is not lost', async () => {
  const { ingress } = await echoing()
  const key = Buffer.alloc(16).toString('base64')
  // A text message "hi", masked with zeros, then a close.
  const frames = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69, 0x88, 0x80, 0, 0, 0, 0]).toString('latin1')
  const head = [
    'GET / HTTP/1.1',
    'host: web.x',
    'connection: Upgrade',
    'upgrade: websocket',
    `sec-websocket-key: ${key}`,
    'sec-websocket-version: 13',
  ]
  const heard = await speak(ingress.port, `${head.join('\r\n')}\r\n\r\n${frames}`)
  expect(heard).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
  expect(heard.slice(heard.indexOf('\r\n\r\n') + 4)).toBe(
    Buffer.from([0x81, 2, 0x68, 0x69, 0x88, 0]).toString('latin1'),
  )
})

test('many megabytes in one message', async () => {
  const { open } = await echoing()
  const socket = await open({ perMessageDeflate: false, maxPayload: 2 ** 28 })
  const answer = once(socket, 'message')
  const sent = Buffer.alloc(32 * 2 ** 20, 'tender')
  socket.send(sent)
  expect(sent.equals((await answer)[0])).toBe(true)
})

test('a hundred at once', async () => {
  const { open } = await echoing()
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open()))
  const answers = Promise.all(sockets.map(received))
  for (const [index, socket] of sockets.entries()) socket.send(String(index))
  expect(await answers).toEqual(sockets.map((_, index) => String(index)))
})

test('one on which nothing moves is closed, one that moves is not', async () => {
  const { open } = await echoing({ upgradedIdleMs: 5_000 })
  const quiet = await open()
  const closed = once(quiet, 'close')
  const lively = await open()
  const talking = setInterval(() => lively.send('tick'), 20)
  onTestFinished(() => clearInterval(talking))
  await closed
  expect(lively.readyState).toBe(WebSocket.OPEN)
  clearInterval(talking)
  await once(lively, 'close')
})

test('one may be silent for longer than a request may', async () => {
  const { open } = await echoing({ silenceMs: 5_000, idleMs: 5_000 })
  const socket = await open()
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  const answer = received(socket)
  socket.send('still here')
  expect(await answer).toBe('still here')
})

test('a visitor who leaves is gone for the workload too, and the other way round', async () => {
  const { open, sockets } = await echoing()
  const socket = await open()
  const [client] = sockets.clients
  if (!client) throw new Error('nobody came')
  const gone = once(client, 'close')
  socket.terminate()
  await gone

  const other = await open()
  const broken = once(other, 'close')
  for (const one of sockets.clients) one.terminate()
  expect((await broken)[0]).toBe(1006)
})

test('a workload that does not change its protocol answers as it likes, and the connection is over', async () => {
  const { port } = await startWorkload((request, response) => {
    response.writeHead(426, { 'x-asked': request.headers.upgrade ?? 'nothing' }).end('not here')
  })
  const ingress = await openTestIngress({ 'web.x': routeTo(port) })
  const hidden = 'GET /hidden HTTP/1.1\r\nhost: web.x\r\n\r\n'
  const heard = await speak(
    ingress.port,
    `GET / HTTP/1.1\r\nhost: web.x\r\nconnection: Upgrade\r\nupgrade: chat/2\r\n\r\n${hidden}`,
  )
  expect(heard).toMatch(/^HTTP\/1\.1 426 /)
  expect(heard).toMatch(/x-asked: chat\/2\r\n/)
  expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1)
})

test.each([
  ['nobody', 'nobody.x', 404],
  ['one that starts', 'soon.x', 503],
  ['a dead one', 'dead.x', 502],
])('an upgrade to %s is refused', async (_, host, status) => {
  const ingress = await openTestIngress({ 'soon.x': { state: 'starting' }, 'dead.x': routeTo(1) })
  const heard = await speak(
    ingress.port,
    `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n`,
  )
  expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('an upgrade with a body is a request like others: its body is not the beginning of what follows', async () => {
  const bodies: string[] = []
  const { port } = await startWorkload(async (request, response) => {
    bodies.push(`${request.headers.upgrade} ${Buffer.concat(await request.toArray())}`)
    response.end()
  })
  const ingress = await openTestIngress({ 'web.x': routeTo(port) })
  await speak(
    ingress.port,
    'POST / HTTP/1.1\r\nhost: web.x\r\nconnection: upgrade, close\r\nupgrade: x\r\ncontent-length: 4\r\n\r\nbody',
  )
  expect(bodies).toEqual(['undefined body'])
})

test('any protocol: a side that has ended is still heard', async () => {
  let workload: Socket | undefined
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    workload = socket
    socket.once('data', () => socket.write('HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\nfirst '))
  })
  const ingress = await openTestIngress({ 'web.x': routeTo(await listening(server)) })
  const socket = connect({ port: ingress.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write('GET / HTTP/1.1\r\nhost: web.x\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n')
  let heard = ''
  socket.setEncoding('latin1').on('data', (part) => {
    heard += part
  })
  await expect.poll(() => heard).toMatch(/first $/)
  const got = workload?.toArray()
  socket.end('the whole question')
  expect(Buffer.concat((await got) ?? []).toString()).toBe('the whole question')
  workload?.end('the answer')
  await once(socket, 'close')
  expect(heard).toMatch(/first the answer$/)
})
