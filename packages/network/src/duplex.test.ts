import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { openTunnel, serveTunnels } from './protocols/tunnel.ts'
import { bookOf, soon, startHidden, startNode, startStranger, type TestNode } from './testNetwork.ts'

// Tunnels are where a libp2p stream is a Node stream; each of these runs over a direct and over a relayed connection.

const lease: Hex = `0x${'44'.repeat(32)}`
const target = { lease, service: 'db', port: 5432 }
const MEBIBYTE = 1024 * 1024

type Ends = { agent: TestNode; provider: TestNode; open(signal?: AbortSignal): Promise<Duplex> }

let providers = 300n

async function ends(kind: 'direct' | 'relayed', toWorkload: () => Promise<Duplex>): Promise<Ends> {
  const agent = await startNode()
  const provider =
    kind === 'direct' ? await startNode() : await startHidden(providers++, await startNode({ relay: {} }))
  await serveTunnels(provider, { ...bookOf(agent, lease), connect: toWorkload })
  return { agent, provider, open: (signal = soon()) => openTunnel(agent, provider.contact(), target, signal) }
}

/** A TCP server on the loopback; gives the way to connect to it, as a driver does. */
async function serverOf(onConnection: (socket: Socket) => void): Promise<() => Promise<Duplex>> {
  const server = createServer({ allowHalfOpen: true }, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return async () => {
    const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Random bytes in pieces of uneven size. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.byteLength; at += size, size = ((size * 7) % 200_000) + 1) {
    yield bytes.subarray(at, at + size)
  }
}

/** Resolves once a number has stopped growing. */
async function settled(value: () => number): Promise<void> {
  let before = -1
  const still = () => {
    const same = value() === before
    before = value()
    return same
  }
  await expect.poll(still, { interval: 500 }).toBe(true)
}

for (const kind of ['direct', 'relayed'] as const) {
  test(`${kind}: much in both directions at once arrives whole`, async () => {
    const [up, down] = [randomBytes(24 * MEBIBYTE), randomBytes(24 * MEBIBYTE)]
    const received = Promise.withResolvers<string>()
    const { open } = await ends(
      kind,
      await serverOf((socket) => {
        buffer(socket).then((bytes) => received.resolve(sha256(bytes)), received.reject)
        pipeline(Readable.from(pieces(down)), socket, { end: true }).catch(received.reject)
      }),
    )
    const tunnel = await open(soon())
    const [got] = await Promise.all([buffer(tunnel), pipeline(Readable.from(pieces(up)), tunnel)])
    expect(sha256(got)).toBe(sha256(down))
    expect(await received.promise).toBe(sha256(up))
  })

  test(`${kind}: each side ends for itself`, async () => {
    const { open } = await ends(
      kind,
      await serverOf(async (socket) => {
        const asked = await text(socket)
        socket.end(`you said ${asked}`)
      }),
    )
    const tunnel = await open()
    tunnel.end('that is all')
    expect(await text(tunnel)).toBe('you said that is all')

    const heard = Promise.withResolvers<string>()
    const early = await ends(
      kind,
      await serverOf(async (socket) => {
        socket.end('nothing more from me')
        heard.resolve(await text(socket))
      }),
    )
    const other = await early.open()
    const [said] = await once(other, 'data')
    expect(`${said}`).toBe('nothing more from me')
    await once(other, 'end')
    other.end('but from me')
    expect(await heard.promise).toBe('but from me')
    await expect.poll(() => other.destroyed).toBe(true)
  })

  test(`${kind}: a reader that takes nothing holds the writer back`, async () => {
    let offeredBytes = 0
    const { open } = await ends(kind, async () => {
      const chunk = Buffer.alloc(64 * 1024)
      const endless = new Readable({
        read() {
          offeredBytes += chunk.byteLength
          this.push(chunk)
        },
      })
      return Duplex.from({ readable: endless, writable: new Writable({ write: (_chunk, _encoding, done) => done() }) })
    })
    const tunnel = await open()
    await settled(() => offeredBytes)
    expect(offeredBytes).toBeGreaterThan(0)
    expect(offeredBytes).toBeLessThan(8 * MEBIBYTE)
    tunnel.resume()
    await expect.poll(() => offeredBytes).toBeGreaterThan(16 * MEBIBYTE)
    tunnel.destroy()
  })

  test(`${kind}: a workload that takes nothing holds the caller back`, async () => {
    const { open } = await ends(kind, async () =>
      Duplex.from({ readable: new Readable({ read() {} }), writable: new Writable({ write() {} }) }),
    )
    const tunnel = await open()
    tunnel.on('error', () => {})
    let writtenBytes = 0
    const write = () => {
      while (tunnel.write(Buffer.alloc(64 * 1024))) writtenBytes += 64 * 1024
    }
    tunnel.on('drain', write)
    write()
    await settled(() => writtenBytes)
    expect(writtenBytes).toBeLessThan(8 * MEBIBYTE)
    tunnel.destroy()
  })

  test(`${kind}: breaking off at either side breaks off the other at once, and is no end`, async () => {
    const sockets: Socket[] = []
    const { open } = await ends(
      kind,
      await serverOf((socket) => {
        socket.on('error', () => {})
        sockets.push(socket)
        socket.write('hello')
      }),
    )
    const first = await open()
    expect(`${(await once(first, 'data'))[0]}`).toBe('hello')
    const gone = once(sockets[0] ?? first, 'error')
    first.on('error', () => {})
    first.destroy(new Error('enough'))
    expect((await gone)[0]).toMatchObject({ code: 'ECONNRESET' })

    const second = await open()
    await once(second, 'data')
    const failed = once(second, 'error')
    sockets[1]?.resetAndDestroy()
    expect((await failed)[0]).toMatchObject({ code: 'connectionLost', class: 'network' })

    const abort = new AbortController()
    const third = await open(abort.signal)
    await once(third, 'data')
    const aborted = once(third, 'error')
    abort.abort(new Error('no more'))
    expect((await aborted)[0]).toMatchObject({ message: 'no more' })
  })

  test(`${kind}: a provider that stops is no end either`, async () => {
    const { open, provider } = await ends(
      kind,
      await serverOf((socket) => void socket.on('error', () => {}).write('1')),
    )
    const tunnel = await open()
    await once(tunnel, 'data')
    const failed = once(tunnel, 'error')
    await provider.stop()
    expect((await failed)[0]).toMatchObject({ code: 'connectionLost' })
  })

  test(`${kind}: a thousand tunnels at once, each with its own bytes`, async () => {
    const { open } = await ends(kind, async () => new PassThrough())
    const tunnels: Duplex[] = []
    while (tunnels.length < 1000) tunnels.push(...(await Promise.all(Array.from({ length: 50 }, () => open()))))
    const talk = (tunnel: Duplex, n: number) => {
      tunnel.end(`tunnel ${n}`)
      return text(tunnel)
    }
    expect(await Promise.all(tunnels.map(talk))).toEqual(tunnels.map((_, n) => `tunnel ${n}`))
  })
}

test('only the agent, only so many, and why a port does not answer', async () => {
  const { agent, provider, open } = await ends('direct', async () => {
    throw new TenderError('nothing listens there', { code: 'notServing', class: 'workload' })
  })
  await expect(open()).rejects.toMatchObject({ code: 'notServing', class: 'workload' })
  const stranger = await startNode()
  const other = openTunnel(stranger, provider.contact(), target, soon())
  await expect(other).rejects.toMatchObject({ code: 'notAgent' })
  const unknown = openTunnel(agent, provider.contact(), { ...target, lease: `0x${'45'.repeat(32)}` }, soon())
  await expect(unknown).rejects.toMatchObject({ code: 'unknownLease' })
})

test('a caller that says nothing, or half, is told so in time or reset, and others are served', async () => {
  const { provider, open } = await ends('direct', async () => new PassThrough())
  const rude = await startStranger(provider)
  const stream = await rude.open('tunnel')
  stream.send(new Uint8Array([255, 255, 255, 255]))
  const tunnel = await open()
  tunnel.end('fine')
  expect(await text(tunnel)).toBe('fine')
  await expect.poll(() => stream.status).not.toBe('open')
})
