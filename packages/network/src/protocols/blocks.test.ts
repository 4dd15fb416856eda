import { createHash, randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Dialable } from '@tender/protocol'
import { expect, test } from 'vitest'
import type { NetworkNode } from '../node.ts'
import { soon, startNode } from '../testNetwork.ts'
import { encodeWire } from '../wire.ts'
import { askBlocks, type Block, serveBlocks } from './blocks.ts'

/** Blocks under their hash. */
function storeOf(...blocks: readonly Uint8Array[]) {
  const byHash = new Map(blocks.map((bytes) => [hashOf(bytes).toString('hex'), bytes]))
  const asked: string[] = []
  return {
    asked,
    block: async (cid: Uint8Array) => {
      const key = Buffer.from(cid).toString('hex')
      asked.push(key)
      return byHash.get(key)
    },
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

const collect = (node: NetworkNode, peer: Dialable, cids: readonly Uint8Array[]): Promise<Block[]> =>
  Array.fromAsync(askBlocks(node, peer, cids, soon()))

test('blocks come whole, the largest too; those that are not there are left out', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const blocks = [randomBytes(2 * 2 ** 20), new Uint8Array(), randomBytes(100), randomBytes(2 ** 20)]
  await serveBlocks(server, storeOf(...blocks))
  const cids = [...blocks.map(hashOf), hashOf(randomBytes(1))]
  const got = await collect(caller, server.contact(), cids)
  expect(got.map(({ bytes }) => bytes.byteLength)).toEqual([2 ** 21, 0, 100, 2 ** 20])
  expect(got.every(({ cid, bytes }) => hashOf(bytes).equals(cid))).toBe(true)
  expect(await collect(caller, server.contact(), [randomBytes(32)])).toEqual([])
  expect(await collect(caller, server.contact(), [])).toEqual([])
})

test('small blocks come many in a frame, in their order, whatever lies between them', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const blocks = [3, 0, 20_000, 5, 2 ** 20, 1, 2 ** 21, 700_000, 700_000, 16_384, 9].map((size) => randomBytes(size))
  await serveBlocks(server, storeOf(...blocks))
  const cids = [randomBytes(32), ...blocks.flatMap((bytes) => [hashOf(bytes), randomBytes(32)])]
  const got = await collect(caller, server.contact(), cids)
  expect(got.map(({ bytes }) => Buffer.from(bytes))).toEqual(blocks)
  expect(got.every(({ cid, bytes }) => hashOf(bytes).equals(cid))).toBe(true)
})

test('more than one stream takes are asked for one after the other', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const blocks = Array.from({ length: 600 }, () => randomBytes(50))
  await serveBlocks(server, storeOf(...blocks))
  const got = await collect(caller, server.contact(), blocks.map(hashOf))
  expect(got.map(({ bytes }) => Buffer.from(bytes))).toEqual(blocks)
})

test('who asks a peer more at once than it takes waits, and is not refused; who gave up is in nobody’s way', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const block = randomBytes(1_000)
  await serveBlocks(server, storeOf(block))
  // One that is in the middle of reading, and one that never comes to it.
  const begun = askBlocks(caller, server.contact(), [hashOf(block)], soon())
  await begun.next()
  const given = new AbortController()
  const [cids, contact] = [[hashOf(block)], server.contact()]
  const all = Array.from({ length: 20 }, () => collect(caller, contact, cids))
  const away = Array.fromAsync(askBlocks(caller, contact, cids, given.signal))
  given.abort(new Error('it is too late'))
  await expect(away).rejects.toThrow('it is too late')
  expect((await Promise.all(all)).flat()).toHaveLength(20)
  await begun.return()
})

test('a reader that is slower than its peer gets all of it', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const blocks = Array.from({ length: 48 }, () => randomBytes(2 ** 20))
  await serveBlocks(server, storeOf(...blocks))
  let got = 0
  for await (const { cid, bytes } of askBlocks(caller, server.contact(), blocks.map(hashOf), soon())) {
    expect(hashOf(bytes).equals(cid)).toBe(true)
    // Others have their turns meanwhile: what arrives piles up.
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    got++
  }
  expect(got).toBe(48)
})

test('leaving the loop and aborting end the transfer: the server reads no further', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const blocks = Array.from({ length: 250 }, () => randomBytes(2 ** 20))
  const store = storeOf(...blocks)
  let over = Promise.withResolvers<void>()
  await serveBlocks(server, {
    block: (cid) => {
      over.resolve()
      return store.block(cid)
    },
  })
  for await (const _block of askBlocks(caller, server.contact(), blocks.map(hashOf), soon())) break
  over = Promise.withResolvers()
  const stop = new AbortController()
  const read = async () => {
    for await (const _block of askBlocks(caller, server.contact(), blocks.map(hashOf), stop.signal)) stop.abort()
  }
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' })
  await over.promise
  expect(store.asked.length).toBeLessThan(250)
  // The connection is as good as before.
  expect(await collect(caller, server.contact(), blocks.slice(0, 2).map(hashOf))).toHaveLength(2)
})

test('a peer that gives something else is caught', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const answers: [blocks: unknown, tailBytes: number][] = [
    [[{ at: 0, size: 3 }], 3],
    [[{ at: 1, size: 3 }], 3],
    [[{ at: 300, size: 3 }], 3],
    [[{ at: 0, size: 2 * 2 ** 20 + 1 }], 2 * 2 ** 20 + 1],
    [[{ at: 0, size: 3 }], 2],
    [[{ at: 0, size: 3 }], 4],
    [[{ at: 0 }], 0],
    [[{ at: 0, size: -1 }], 0],
    [[], 3],
    [undefined, 3],
  ]
  let answer: Uint8Array[] = []
  const limits = { maxStreams: 20, rate: { perSecond: 100, burst: 100 } }
  await server.handle('blocks', limits, async (frames, _caller, signal) => {
    // Twice: the second of the same block was not asked for either.
    await frames.write(answer, signal)
    await frames.write(answer, signal)
  })
  for (const [blocks, tailBytes] of answers) {
    answer = [encodeWire({ value: { blocks } }), new Uint8Array(tailBytes)]
    await expect(collect(caller, server.contact(), [randomBytes(32)])).rejects.toMatchObject({ code: 'badFrame' })
  }
  answer = [encodeWire({ value: { blocks: [{ at: 0, size: 3 }] } }), new Uint8Array(3 * 2 ** 20)]
  await expect(collect(caller, server.contact(), [randomBytes(32)])).rejects.toMatchObject({ code: 'tooLarge' })
})

test('an early end is no answer', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  const limits = { maxStreams: 10, rate: { perSecond: 100, burst: 100 } }
  await server.handle('blocks', limits, async (frames, _caller, signal) => {
    await frames.write([encodeWire({ value: { blocks: [{ at: 0, size: 3 }] } }), new Uint8Array(3)], signal)
    await frames.end(signal)
  })
  await expect(collect(caller, server.contact(), [randomBytes(32)])).rejects.toMatchObject({ class: 'network' })
})

test('one caller has so many streams at once, and others theirs', async () => {
  const [caller, other, server] = [await startNode(), await startNode(), await startNode()]
  const held = Promise.withResolvers<Uint8Array>()
  let waiting = 0
  const eight = Promise.withResolvers<void>()
  const quick = randomBytes(32)
  await serveBlocks(server, {
    block: (cid) => {
      if (Buffer.compare(cid, quick) === 0) return Promise.resolve(new Uint8Array([1]))
      if (++waiting === 8) eight.resolve()
      return held.promise
    },
  })
  // A caller that does not wait its turn.
  const ask = async (cid: Uint8Array) => {
    const frames = await caller.open(server.contact(), 'blocks', soon())
    await frames.write(encodeWire({ cids: [cid] }), soon())
    return frames
  }
  const open = await Promise.all(Array.from({ length: 8 }, () => ask(randomBytes(32))))
  await eight.promise
  const ninth = await ask(quick)
  expect(Buffer.from((await ninth.read(10_000, soon())) ?? []).toString()).toContain('tooManyStreams')
  expect(await collect(other, server.contact(), [quick])).toHaveLength(1)
  held.resolve(new Uint8Array([2]))
  for (const frames of open) expect(await frames.read(10_000, soon())).toBeDefined()
})

test('a request of another shape is refused', async () => {
  const [caller, server] = [await startNode(), await startNode()]
  await serveBlocks(server, storeOf())
  for (const request of [{ cids: [] }, { cids: [new Uint8Array(65)] }, { cids: ['text'] }, {}]) {
    const frames = await caller.open(server.contact(), 'blocks', soon())
    await frames.write(encodeWire(request), soon())
    const answer = Buffer.from((await frames.read(10_000, soon())) ?? []).toString()
    expect(answer).toContain('badFrame')
    await frames.close()
  }
})
