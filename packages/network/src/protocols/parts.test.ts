import { randomBytes } from 'node:crypto'
import { type Hex, keccak256, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { soon, startNode } from '../testNetwork.ts'
import { encodeWire } from '../wire.ts'
import { askPart, type PartContent, serveParts } from './parts.ts'

const limits = { maxStreams: 8, rate: { perSecond: 100, burst: 100 } }

async function setUp(read: (hash: Hex) => PartContent | undefined) {
  const [peer, asker] = [await startNode(), await startNode()]
  await serveParts(peer, async (hash) => read(hash))
  return (hash: Hex, maxBytes = 10_000_000) => askPart(asker, peer.contact(), hash, { maxBytes, signal: soon() })
}

test('a part comes as it is, whole or from pieces, empty too; what is not there is said', async () => {
  const bytes = new Uint8Array(randomBytes(1_000_003))
  async function* pieces() {
    yield bytes.subarray(0, 1)
    yield new Uint8Array()
    yield bytes.subarray(1, 700_000)
    yield bytes.subarray(700_000)
  }
  const hash = keccak256(bytes)
  const whole = await setUp((asked) => (asked === hash ? bytes : undefined))
  expect(keccak256(await whole(hash))).toBe(hash)
  await expect(whole(zeroHash)).rejects.toMatchObject({ code: 'unknownPart', class: 'notFound' })
  const streamed = await setUp(pieces)
  expect(keccak256(await streamed(hash))).toBe(hash)
  const empty = await setUp(() => new Uint8Array())
  expect(await empty(keccak256('0x'))).toHaveLength(0)
})

test('other content than the hash says is refused, and so is more than was asked for', async () => {
  const bytes = new Uint8Array(randomBytes(200_000))
  const ask = await setUp(() => bytes)
  await expect(ask(zeroHash)).rejects.toMatchObject({ code: 'badFrame' })
  await expect(ask(keccak256(bytes), 199_999)).rejects.toMatchObject({ code: 'tooLarge' })
  expect(await ask(keccak256(bytes), 200_000)).toHaveLength(200_000)
})

test('a sender without end is left as soon as it sent too much, and told to stop', async () => {
  const stopped = Promise.withResolvers<void>()
  async function* endless() {
    try {
      while (true) yield new Uint8Array(65_536)
    } finally {
      stopped.resolve()
    }
  }
  const ask = await setUp(endless)
  await expect(ask(zeroHash, 500_000)).rejects.toMatchObject({ code: 'tooLarge' })
  await stopped.promise
})

test('half is never taken for the whole', async () => {
  const bytes = new Uint8Array(randomBytes(200_000))
  const hash = keccak256(bytes)
  async function* breaking() {
    yield bytes.subarray(0, 100_000)
    throw new Error('the disk is gone')
  }
  const ask = await setUp(breaking)
  await expect(ask(hash)).rejects.toMatchObject({ class: 'network' })

  const [peer, asker] = [await startNode(), await startNode()]
  await peer.handle('part', limits, async (frames, _caller, signal) => {
    await frames.write(encodeWire({ value: { chunk: bytes.subarray(0, 1000) } }), signal)
  })
  const cut = askPart(asker, peer.contact(), keccak256(bytes.subarray(0, 1000)), { maxBytes: 1e6, signal: soon() })
  await expect(cut).rejects.toMatchObject({ class: 'network' })
})

test('pieces without bytes, and frames of another shape, are no part', async () => {
  for (const value of [{ chunk: new Uint8Array() }, { chunk: 'text' }, { other: 1 }]) {
    const [peer, asker] = [await startNode(), await startNode()]
    await peer.handle('part', limits, async (frames, _caller, signal) => {
      await frames.write(encodeWire({ value }), signal)
    })
    const asked = askPart(asker, peer.contact(), zeroHash, { maxBytes: 1e6, signal: soon() })
    await expect(asked).rejects.toMatchObject({ code: 'badFrame' })
  }
})

test('a peer that says nothing is left when the caller wants to', async () => {
  const [peer, asker] = [await startNode(), await startNode()]
  const [reached, abort] = [Promise.withResolvers<void>(), new AbortController()]
  await peer.handle('part', limits, async () => {
    reached.resolve()
    await new Promise(() => {})
  })
  const asked = askPart(asker, peer.contact(), zeroHash, { maxBytes: 1e6, signal: abort.signal })
  await reached.promise
  abort.abort(new Error('the era is over'))
  await expect(asked).rejects.toThrow('the era is over')
})
