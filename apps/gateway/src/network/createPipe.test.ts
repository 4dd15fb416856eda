import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { byteRate } from './byteRate.ts'
import { createPipe, type PipeOptions } from './createPipe.ts'

const HELLO = Buffer.from('\x13/multistream/1.0.0\n')
const HERE = '127.0.0.1'

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, HERE)
  await once(server, 'listening')
  // CAST: it listens on TCP
  return (server.address() as AddressInfo).port
}

/** A pipe behind a real HTTP server, that knows everybody unless told. */
async function startPipe(options: Partial<PipeOptions> = {}) {
  const pipe = createPipe({ own: () => undefined, knows: () => true, allowPrivate: true, log: () => {}, ...options })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => pipe.take(request, socket, head, 'the page'))
  const port = await listening(server)
  onTestFinished(() => {
    pipe.stop()
    server.close()
  })
  const url = (peer: string) => `ws://${HERE}:${port}/v1/pipe?peer=${encodeURIComponent(peer)}`

  function dial(peer: string): WebSocket {
    const socket = new WebSocket(url(peer))
    socket.binaryType = 'nodebuffer'
    onTestFinished(() => socket.terminate())
    return socket
  }

  async function open(peer: string): Promise<WebSocket> {
    const socket = dial(peer)
    await once(socket, 'open')
    return socket
  }

  /** What a refused page would be told, if browsers told it. */
  async function refusal(peer: string): Promise<{ status: number; code: string }> {
    const [, response] = await once(
      dial(peer).on('error', () => {}),
      'unexpected-response',
    )
    let body = ''
    for await (const part of response) body += part
    return { status: response.statusCode, code: JSON.parse(body).code }
  }

  return { pipe, dial, open, refusal }
}

/** A peer that says its hello and then does as it is told. */
async function startPeer(then: (socket: Socket) => void, hello: Buffer = HELLO) {
  const heard: Buffer[] = []
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => heard.push(bytes))
    if (hello.length > 0) socket.write(hello)
    then(socket)
  })
  const port = await listening(server)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address: `/ip4/${HERE}/tcp/${port}`, heard: () => Buffer.concat(heard), sockets }
}

/** All that a page was sent. */
function received(page: WebSocket): () => Buffer {
  const parts: Buffer[] = []
  page.on('message', (bytes: Buffer) => parts.push(bytes))
  return () => Buffer.concat(parts)
}

/** A number once it does not grow any more. */
async function standing(read: () => number): Promise<number> {
  let before = -1
  const stands = () => {
    const isSame = read() === before
    before = read()
    return isSame
  }
  await expect.poll(stands, { interval: 300 }).toBe(true)
  return before
}

const echo = (socket: Socket) => {
  let isHello = true
  socket.on('data', (bytes) => {
    socket.write(isHello ? bytes.subarray(HELLO.length) : bytes)
    isHello = false
  })
}

test('carries bytes both ways as they are, and counts them', async () => {
  const { pipe, dial } = await startPipe()
  const peer = await startPeer(echo)
  const page = dial(peer.address)
  const got = received(page)
  await once(page, 'open')
  const bytes = randomBytes(3_000_000)
  page.send(HELLO)
  for (let at = 0; at < bytes.length; at += 100_000) page.send(bytes.subarray(at, at + 100_000))
  await expect.poll(() => got().length).toBe(HELLO.length + bytes.length)
  expect(got().equals(Buffer.concat([HELLO, bytes]))).toBe(true)
  const carried = HELLO.length + bytes.length
  expect(pipe.use()).toEqual({ open: 1, opened: 1, refused: {}, bytesOut: carried, bytesIn: carried })
  page.close()
  await expect.poll(() => pipe.use().open).toBe(0)
  await expect.poll(() => peer.sockets.every(({ destroyed }) => destroyed)).toBe(true)
})

test.each([
  '',
  'localhost:4100',
  '/ip4/127.0.0.1/udp/4100',
  '/ip4/127.0.0.1/tcp/0',
  '/ip4/127.0.0.1/tcp/4100/ws',
  '/unix/tmp/socket',
  `/ip4/127.0.0.1/tcp/4100/p2p/16Uiu2HAkyF4SpHCnZmFPgmHvSMP4eCLuRNKWxwRP2XGpZ4FqHBWd/p2p-circuit`,
  `/dns4/${'a'.repeat(600)}/tcp/4100`,
])('no address of a peer is refused: %s', async (peer) => {
  const { refusal } = await startPipe()
  expect(await refusal(peer)).toEqual({ status: 400, code: 'badPeer' })
})

test('where no provider said that it is, nobody is brought', async () => {
  const { pipe, refusal } = await startPipe({ knows: ({ port }) => port === 4100 })
  expect(await refusal(`/ip4/${HERE}/tcp/4101`)).toEqual({ status: 403, code: 'unknownPeer' })
  expect(pipe.use().refused).toEqual({ unknownPeer: 1 })
})

test.each([
  '/ip4/127.0.0.1/tcp/4100',
  '/ip4/10.1.2.3/tcp/4100',
  '/ip4/172.20.0.1/tcp/4100',
  '/ip4/192.168.1.1/tcp/80',
  '/ip4/169.254.169.254/tcp/80',
  '/ip4/100.64.0.1/tcp/4100',
  '/ip4/0.0.0.0/tcp/4100',
  '/ip6/::1/tcp/4100',
  '/ip6/fd00::1/tcp/4100',
  '/ip6/fe80::1/tcp/4100',
  '/ip6/::ffff:127.0.0.1/tcp/4100',
  '/dns4/localhost/tcp/4100',
  '/dns/localhost/tcp/4100',
])('what only this host reaches is refused, though a provider says that it is there: %s', async (peer) => {
  const { refusal } = await startPipe({ allowPrivate: false })
  expect(await refusal(peer)).toEqual({ status: 403, code: 'privateAddress' })
})

test("the gateway's own peer is reached wherever it listens", async () => {
  const peer = await startPeer(() => {})
  const port = Number(peer.address.split('/').at(-1))
  const own = () => ({ host: HERE, port })
  const { open } = await startPipe({ own, knows: () => false, allowPrivate: false })
  const page = await open('/ip4/203.0.113.7/tcp/4100/p2p/16Uiu2HAkyF4SpHCnZmFPgmHvSMP4eCLuRNKWxwRP2XGpZ4FqHBWd')
  page.send(HELLO)
  await expect.poll(() => peer.heard().length).toBe(HELLO.length)
})

test('who does not answer is told as such', async () => {
  const server = createTcpServer()
  const port = await listening(server)
  server.close()
  await once(server, 'close')
  const { refusal } = await startPipe()
  expect(await refusal(`/ip4/${HERE}/tcp/${port}`)).toMatchObject({ code: 'unreachable' })
})

test.each([
  { connections: 2, connectionsPerClient: 10 },
  { connections: 10, connectionsPerClient: 2 },
])('so many at once, and a place again once one is closed: %o', async (limits) => {
  const { pipe, open, refusal } = await startPipe({ limits })
  const { address } = await startPeer(() => {})
  const [first] = [await open(address), await open(address)]
  expect(await refusal(address)).toEqual({ status: 429, code: 'tooMany' })
  first.close()
  await expect.poll(() => pipe.use().open).toBe(1)
  await open(address)
})

test('who says nothing for long is cut off', async () => {
  const { open } = await startPipe({ limits: { idleMs: 100 } })
  const { address } = await startPeer(() => {})
  const page = await open(address)
  await once(page, 'close')
})

test('a peer that does not read holds the page back', async () => {
  const { pipe, open } = await startPipe({ limits: { bytesPerSecond: 1024 ** 3 } })
  const { address } = await startPeer((socket) => socket.pause())
  const page = await open(address)
  page.send(HELLO)
  for (let n = 0; n < 640; n++) page.send(Buffer.alloc(100_000))
  // The kernels' buffers of two connections, and no more of ours than the streams' own.
  expect(await standing(() => pipe.use().bytesOut)).toBeLessThan(32_000_000)
  expect(page.bufferedAmount).toBeGreaterThan(1_000_000)
})

test('a page that does not read holds the peer back', async () => {
  const { pipe, open } = await startPipe({ limits: { bytesPerSecond: 1024 ** 3 } })
  const { address } = await startPeer((socket) => {
    for (let n = 0; n < 640; n++) socket.write(Buffer.alloc(100_000))
  })
  const page = await open(address)
  page.pause()
  page.send(HELLO)
  expect(await standing(() => pipe.use().bytesIn)).toBeLessThan(32_000_000)
})

test('so many bytes a second go through, after a burst', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let counted = 0
  const rate = byteRate(1000, (bytes) => {
    counted += bytes
  })
  let passed = 0
  rate.on('data', (bytes: Buffer) => {
    passed += bytes.length
  })
  for (let n = 0; n < 5; n++) rate.write(Buffer.alloc(1000))
  await vi.advanceTimersByTimeAsync(0)
  expect(passed).toBe(2000)
  await vi.advanceTimersByTimeAsync(999)
  expect(passed).toBe(2000)
  await vi.advanceTimersByTimeAsync(2)
  expect(passed).toBe(3000)
  await vi.advanceTimersByTimeAsync(2000)
  expect([passed, counted]).toEqual([5000, 5000])
})

test('a page that speaks anything but libp2p reaches nobody', async () => {
  const { open } = await startPipe()
  const peer = await startPeer(() => {})
  const page = await open(peer.address)
  page.send('GET / HTTP/1.1\r\nHost: metadata\r\n\r\n')
  await once(page, 'close')
  expect(peer.heard().length).toBe(0)
})

test('a server that is no peer is heard by nobody', async () => {
  const { dial } = await startPipe()
  const server = await startPeer(() => {}, Buffer.from('220 mail.example ESMTP\r\n'))
  const page = dial(server.address)
  const got = received(page)
  await once(page, 'open')
  page.send(HELLO)
  await once(page, 'close')
  expect(got().length).toBe(0)
})

test('who did not say hello hears only the first words', async () => {
  const { pipe, open } = await startPipe()
  const server = await startPeer(() => {}, Buffer.alloc(0))
  const page = await open(server.address)
  page.send(Buffer.concat([HELLO, Buffer.from('\x07/noise\n'), Buffer.alloc(100_000)]))
  await expect.poll(() => server.heard().length).toBe(64)
  const [socket] = server.sockets
  socket?.write(HELLO)
  await expect.poll(() => server.heard().length).toBe(HELLO.length + 8 + 100_000)
  expect(pipe.use().open).toBe(1)
})

test('stopping breaks off what is open', async () => {
  const { pipe, open } = await startPipe()
  const { address } = await startPeer(() => {})
  const page = await open(address)
  pipe.stop()
  await once(page, 'close')
})
