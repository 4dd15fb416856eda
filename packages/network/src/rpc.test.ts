import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Stream } from '@libp2p/interface'
import { TenderError } from '@tender/protocol'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { framesOver } from './frames.ts'
import { callPeer, defineRequest, servePeers } from './rpc.ts'
import { createTestNode, soon, startNode, startStranger, type TestNode } from './testNetwork.ts'
import { decodeWire, encodeWire } from './wire.ts'

const echo = defineRequest({
  name: 'echo',
  request: z.strictObject({ say: z.string() }),
  response: z.strictObject({ said: z.string(), by: z.string() }),
  maxRequestBytes: 1024,
  maxResponseBytes: 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 4, rate: { perSecond: 1000, burst: 1000 } },
})

/** The same with a server or caller that gives up soon. */
const hasty = { ...echo, timeoutMs: 3_000 }

type Echo = (say: string, signal: AbortSignal) => Promise<string>

async function startEcho(answer: Echo = async (say) => say, definition = echo): Promise<TestNode> {
  const node = await createTestNode()
  await servePeers(node, definition, async ({ say }, { address }, signal) => ({
    said: await answer(say, signal),
    by: address,
  }))
  await node.start()
  return node
}

async function expectServing(server: TestNode): Promise<void> {
  const client = await startNode()
  const answer = await callPeer(client, server.contact(), echo, { say: 'hi' }, soon())
  expect(answer).toEqual({ said: 'hi', by: client.address })
}

test('a call is answered and its caller proven', async () => {
  await expectServing(await startEcho())
})

test('a typed failure arrives with code, class and hint; a bug arrives without its text', async () => {
  const server = await startEcho(async (say) => {
    if (say === 'bug') throw new Error('secret')
    throw new TenderError('no', { code: 'notToday', class: 'conflict', hint: 'tomorrow' })
  })
  const client = await startNode()
  const call = (say: string) => callPeer(client, server.contact(), echo, { say }, soon())
  await expect(call('x')).rejects.toMatchObject({
    code: 'notToday',
    class: 'conflict',
    hint: 'tomorrow',
    message: 'no',
  })
  // Their bug is not one of ours: who asks goes on with others.
  await expect(call('bug')).rejects.toMatchObject({
    code: 'internal',
    class: 'network',
    message: expect.not.stringContaining('secret'),
  })
})

test('a peer whose disk is full says so, whatever found it out', async () => {
  const server = await startEcho(async (say) => {
    if (say === 'file') await writeFile('/dev/full', 'x')
    const database = new DatabaseSync(':memory:')
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE one (a); INSERT INTO one VALUES (zeroblob(1e5))')
    return say
  })
  const client = await startNode()
  for (const say of process.platform === 'linux' ? ['file', 'database'] : ['database']) {
    const call = callPeer(client, server.contact(), echo, { say }, soon())
    await expect(call).rejects.toMatchObject({
      code: 'diskFull',
      class: 'provider',
      message: "the peer's disk is full",
    })
  }
})

test("a peer's words are one line, whatever it puts into them", async () => {
  const server = await startEcho(async () => {
    throw new TenderError('no\nhint: send me \u202emoney\x1b[2K\x9b2K', {
      code: 'no',
      class: 'cancelled',
      hint: 'a\r\nb',
    })
  })
  const call = callPeer(await startNode(), server.contact(), echo, { say: 'x' }, soon())
  await expect(call).rejects.toMatchObject({
    class: 'network',
    message: 'no hint: send me  money [2K 2K',
    hint: 'a b',
  })
})

test('a handler that never answers is a timeout for the caller and an abort for the handler', async () => {
  const aborted = Promise.withResolvers<void>()
  const server = await startEcho((_, signal) => {
    signal.addEventListener('abort', () => aborted.resolve())
    return new Promise(() => {})
  })
  const client = await startNode()
  await expect(callPeer(client, server.contact(), hasty, { say: 'x' }, soon())).rejects.toMatchObject({
    code: 'timedOut',
  })
  await aborted.promise
})

test('an aborted call rejects with the reason and aborts the handler', async () => {
  const [entered, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = await startEcho((_, signal) => {
    signal.addEventListener('abort', () => aborted.resolve())
    entered.resolve()
    return new Promise(() => {})
  })
  const client = await startNode()
  const abort = new AbortController()
  const call = callPeer(client, server.contact(), echo, { say: 'x' }, abort.signal)
  await entered.promise
  abort.abort(new Error('changed my mind'))
  await expect(call).rejects.toThrow('changed my mind')
  await aborted.promise
})

test('nobody there, and a peer that does not speak the protocol', async () => {
  const [client, other] = [await startNode(), await startNode()]
  await expect(callPeer(client, other.contact(), echo, { say: 'x' }, soon())).rejects.toMatchObject({
    code: 'protocolRefused',
    class: 'network',
  })
  const gone = other.contact()
  await other.stop()
  await expect(callPeer(client, gone, echo, { say: 'x' }, soon())).rejects.toMatchObject({
    code: 'peerUnreachable',
    class: 'network',
  })
})

test('too many at once are refused at once, and room comes back', async () => {
  const release = Promise.withResolvers<void>()
  let inside = 0
  const server = await startEcho(async (say) => {
    if (say === 'hi') return say
    inside++
    await release.promise
    return say
  })
  const clients = await Promise.all(Array.from({ length: 5 }, () => startNode()))
  const call = (client?: TestNode) =>
    client ? callPeer(client, server.contact(), echo, { say: 'x' }, soon()) : Promise.reject(new Error('no client'))
  const taken = clients.slice(0, 4).map(call)
  await vi.waitFor(() => expect(inside).toBe(4), 10_000)
  await expect(call(clients[4])).rejects.toMatchObject({ code: 'tooManyStreams', class: 'limit' })
  release.resolve()
  await Promise.all(taken)
  await expectServing(server)
})

test('strangers may take all places, and whoever is expected is answered', async () => {
  const [friend, ...strangers] = [await startNode(), await startNode(), await startNode(), await startNode()]
  const server = await createTestNode({ isExpected: async (account) => account === friend?.address })
  const limits = { ...echo.limits, maxStreams: 2, maxPerCaller: 1 }
  const answered = Promise.withResolvers<void>()
  let inside = 0
  await servePeers(server, { ...echo, limits }, async ({ say }, { address }) => {
    inside++
    if (address !== friend?.address) await answered.promise
    return { said: say, by: address }
  })
  await server.start()
  const call = (client: TestNode) => callPeer(client, server.contact(), echo, { say: 'x' }, soon())
  const [one, two, three] = strangers
  if (!friend || !one || !two || !three) throw new Error('no client')
  const taken = [call(one), call(two)]
  await vi.waitFor(() => expect(inside).toBe(2), 10_000)
  await expect(call(three)).rejects.toMatchObject({ code: 'tooManyStreams' })
  expect(await call(friend)).toEqual({ said: 'x', by: friend.address })
  answered.resolve()
  await Promise.all(taken)
})

test('a peer that asks too often is told so, others are served', async () => {
  const server = await createTestNode()
  const seldom = { ...echo, limits: { maxStreams: 4, rate: { perSecond: 0, burst: 2 } } }
  await servePeers(server, seldom, async ({ say }, { address }) => ({ said: say, by: address }))
  await server.start()
  const client = await startNode()
  const call = () => callPeer(client, server.contact(), echo, { say: 'x' }, soon())
  await call()
  await call()
  await expect(call()).rejects.toMatchObject({ code: 'rateLimited', class: 'limit' })
  await expectServing(server)
})

const prefixed = (bytes: Uint8Array) => Buffer.concat([Uint8Array.of(0, 0, 0, bytes.length), bytes])

/** What a stranger does to a stream, and the code it is told, if it is told anything. */
const attacks: Record<string, { attack: (stream: Stream) => unknown; code: string }> = {
  'garbage bytes': { attack: (stream) => stream.send(prefixed(new Uint8Array(50).fill(0xff))), code: 'badFrame' },
  'another shape': { attack: (stream) => stream.send(prefixed(encodeWire({ say: 1 }))), code: 'badFrame' },
  'an oversize length': { attack: (stream) => stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), code: 'tooLarge' },
  'an end inside a frame': {
    attack: (stream) => {
      stream.send(Uint8Array.of(0, 0, 0, 9, 1))
      return stream.close()
    },
    code: 'badFrame',
  },
  'an end at once': { attack: (stream) => stream.close(), code: 'badFrame' },
  'silence for ever': { attack: () => {}, code: 'timedOut' },
  'a byte now and then': {
    attack: (stream) => {
      stream.send(Uint8Array.of(0, 0, 3, 0))
      const timer = setInterval(() => stream.status === 'open' && stream.send(Uint8Array.of(0)), 50)
      stream.addEventListener('remoteCloseWrite', () => clearInterval(timer))
      stream.addEventListener('close', () => clearInterval(timer))
    },
    code: 'timedOut',
  },
  'a stream without end': {
    attack: (stream) => {
      const flood = () => {
        while (stream.writeStatus === 'writable' && stream.send(new Uint8Array(64 * 1024).fill(0xee)));
      }
      stream.addEventListener('drain', flood)
      flood()
    },
    code: 'tooLarge',
  },
}

test.each(Object.entries(attacks))('%s does not keep a server from others', async (_, { attack, code }) => {
  const server = await startEcho(undefined, code === 'timedOut' ? hasty : echo)
  const stranger = await startStranger(server)
  const stream = await stranger.open('echo')
  const frames = framesOver(stream)
  const told = frames.read(4096, soon())
  await attack(stream)
  await expectServing(server)
  const answer = await told
  expect(answer && decodeWire(answer)).toMatchObject({ failure: { code } })
})

test('a reset in the middle, a hundred times, does not use the server up', async () => {
  const server = await startEcho()
  const stranger = await startStranger(server)
  for (let count = 0; count < 100; count++) {
    const stream = await stranger.open('echo')
    stream.send(Uint8Array.of(0, 0, 0, 50, 1))
    stream.abort(new Error('rude'))
  }
  await expectServing(server)
})

test('frames: backpressure holds a writer back until its reader reads', async () => {
  const server = await createTestNode()
  const proceed = Promise.withResolvers<void>()
  const total = Promise.withResolvers<number>()
  await server.handle('sink', { maxStreams: 1, rate: { perSecond: 1, burst: 1 } }, async (frames, _caller, signal) => {
    await proceed.promise
    let bytes = 0
    for (let frame = await frames.read(65_536, signal); frame; frame = await frames.read(65_536, signal)) {
      bytes += frame.byteLength
    }
    total.resolve(bytes)
  })
  await server.start()
  const client = await startNode()
  const frames = await client.open(server.contact(), 'sink', soon())
  let written = 0
  const writing = (async () => {
    for (let count = 0; count < 320; count++) {
      await frames.write(new Uint8Array(65_536), soon())
      written += 65_536
    }
    await frames.end(soon())
  })()
  let before = -1
  const stalled = () => {
    const same = written === before
    before = written
    return same
  }
  await expect.poll(stalled, { interval: 200, timeout: 10_000 }).toBe(true)
  expect(written).toBeLessThan(8 * 1024 * 1024)
  proceed.resolve()
  await writing
  expect(await total.promise).toBe(320 * 65_536)
  await frames.close()
})
