import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import type { ContentTree } from './build.ts'
import { MAX_BLOCK_BYTES, parseCid } from './cid.ts'
import { type BlockSource, type FetchOptions, type FetchProgress, fetchContent } from './fetch.ts'
import type { ContentStore } from './store.ts'
import { openStore, plenty, soon, sourceOf } from './testContent.ts'

const fetchInto = (
  store: ContentStore,
  cid: CID,
  source: BlockSource | BlockSource[],
  rest: Partial<FetchOptions> = {},
) => fetchContent({ cid, store, source, limits: plenty, signal: soon(), ...rest })

const sample: ContentTree = {
  a: new Uint8Array(randomBytes(2_300_000)),
  b: { c: new Uint8Array(randomBytes(10)), d: new Uint8Array() },
}

/** Every file of a directory by path. */
async function readAll(store: ContentStore, cid: CID, path = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const entry of await store.list(cid)) {
    const below = `${path}/${entry.name}`
    if (entry.kind === 'directory')
      Object.assign(files, { [below]: 'directory' }, await readAll(store, entry.cid, below))
    else files[below] = Buffer.from(await store.readBytes(entry.cid, plenty, soon())).toString('hex')
  }
  return files
}

test('all of it comes, each block once, and is pinned', async () => {
  const [from, to] = [openStore(), openStore()]
  const cid = await from.putTree(sample)
  const source = sourceOf(from)
  const seen: FetchProgress[] = []
  const done = await fetchInto(to, cid, source, { pin: 'job:1', onProgress: (progress) => seen.push(progress) })
  expect(done).toMatchObject({ blocks: 8, fetchedBlocks: 8, knownBlocks: 8 })
  expect(seen.at(-1)).toEqual(done)
  expect(seen.map(({ fetchedBlocks }) => fetchedBlocks)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(new Set(source.asked).size).toBe(source.asked.length)
  await to.collectGarbage(soon())
  expect(await readAll(to, cid)).toEqual(await readAll(from, cid))
  // What is there is not asked for again.
  source.asked.length = 0
  expect(await fetchInto(to, cid, source)).toMatchObject({ blocks: 8, fetchedBlocks: 0 })
  expect(source.asked).toEqual([])
})

describe('several sources', () => {
  test('are asked in turn, each for what those before did not give', async () => {
    const [from, half, to] = [openStore(), openStore(), openStore()]
    const cid = await from.putTree(sample)
    await half.putTree({ a: sample.a ?? new Uint8Array() })
    const [first, second] = [sourceOf(half), sourceOf(from)]
    await fetchInto(to, cid, [first, second], { pin: 'all' })
    expect(second.asked.length).toBeLessThan(first.asked.length)
  })

  test.each<[string, (store: ContentStore) => BlockSource]>([
    ['fails', () => ({ blocks: () => failing() })],
    [
      'gives other bytes',
      (store) => changed(store, ({ cid, bytes }) => ({ cid, bytes: Uint8Array.from([...bytes, 1]) })),
    ],
    ['gives another block', (store) => changed(store, ({ bytes }) => ({ cid: anotherCid.bytes, bytes }))],
    ['gives no CID', (store) => changed(store, ({ bytes }) => ({ cid: new Uint8Array(3), bytes }))],
    [
      'gives far too much',
      (store) => changed(store, ({ cid }) => ({ cid, bytes: new Uint8Array(MAX_BLOCK_BYTES + 1) })),
    ],
    ['gives a block twice', (store) => ({ blocks: (cids, signal) => twice(sourceOf(store).blocks(cids, signal)) })],
  ])('one that %s is asked once, the next gives all', async (_what, sourceOver) => {
    const [from, to] = [openStore(), openStore()]
    const cid = await from.putTree(sample)
    let questions = 0
    const bad = sourceOver(from)
    const counted: BlockSource = {
      blocks(cids, signal) {
        questions++
        return bad.blocks(cids, signal)
      },
    }
    await fetchInto(to, cid, [counted, sourceOf(from)], { pin: 'all' })
    expect(questions).toBe(1)
    const alone = fetchInto(openStore(), cid, counted)
    await expect(alone).rejects.toMatchObject({ code: 'contentUnavailable', failures: [{ source: 0 }] })
  })

  test('that all lack a block end it, and it says how much is missing', async () => {
    const [from, to] = [openStore(), openStore()]
    const cid = await from.putTree(sample)
    const none = { blocks: async function* () {} }
    await expect(fetchInto(to, cid, [none, none])).rejects.toMatchObject({ code: 'contentUnavailable', failures: [] })
  })
})

describe('limits', () => {
  test('hold for bytes and blocks, those that were there included', async () => {
    const [from, to] = [openStore(), openStore()]
    const cid = await from.putTree(sample)
    const { blocks, bytes } = await fetchInto(openStore(), cid, sourceOf(from))
    for (const limits of [
      { blocks: blocks - 1, bytes },
      { blocks, bytes: bytes - 1 },
    ]) {
      const done = fetchInto(to, cid, sourceOf(from), { limits, pin: 'all' })
      await expect(done).rejects.toMatchObject({ code: 'contentTooLarge' })
    }
    expect(to.pins()).toEqual([])
    await fetchInto(to, cid, sourceOf(from), { limits: { blocks, bytes } })
    await expect(fetchInto(to, cid, sourceOf(from), { limits: { blocks: 1, bytes } })).rejects.toMatchObject({
      code: 'contentTooLarge',
    })
  })

  test('hold for the store, and nobody else is asked', async () => {
    const [from, to] = [openStore(), openStore({ bytes: 1_500_000 })]
    const cid = await from.putTree(sample)
    const second = sourceOf(from)
    await expect(fetchInto(to, cid, [sourceOf(from), second])).rejects.toMatchObject({ code: 'storeFull' })
    expect(second.asked).toEqual([])
  })
})

test('aborting ends it at once', async () => {
  const [from, to] = [openStore(), openStore()]
  const cid = await from.putTree(sample)
  const stop = new AbortController()
  const onProgress = () => stop.abort()
  await expect(fetchInto(to, cid, sourceOf(from), { signal: stop.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  })
})

const treeArbitrary: fc.Arbitrary<ContentTree> = fc.letrec<{ tree: ContentTree; part: ContentTree | Uint8Array }>(
  (tie) => ({
    tree: fc.dictionary(
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
        .filter((name) => /^[^/\\\p{C}\ufffd]+$/u.test(name) && !/^\.+$/.test(name)),
      tie('part'),
      { maxKeys: 5, noNullPrototype: true },
    ),
    part: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(2_200_000).map((bytes) => new Uint8Array(bytes).fill(bytes % 251)),
      tie('tree'),
    ),
  }),
).tree

test('any tree comes over in two goes, cut anywhere, and through a CAR file', async () => {
  await fc.assert(
    fc.asyncProperty(treeArbitrary, fc.nat(30), async (tree, cut) => {
      const [from, to, carried] = [openStore(), openStore(), openStore()]
      const cid = await from.putTree(tree)
      const cutOff: BlockSource = {
        async *blocks(cids, signal) {
          let left = cut
          for await (const block of sourceOf(from).blocks(cids, signal)) {
            if (left-- === 0) throw new Error('cut off')
            yield block
          }
        },
      }
      const first = await fetchInto(to, cid, cutOff).catch(() => undefined)
      const before = to.usedBytes()
      const again = await fetchInto(to, cid, sourceOf(from), { pin: 'all' })
      if (first) expect(again.fetchedBlocks).toBe(0)
      if (before > 0) expect(again.fetchedBlocks).toBeLessThan(again.blocks)
      await carried.importCar(from.exportCar(cid, soon()), plenty, soon())
      await carried.pin('all', cid, soon())
      await to.collectGarbage(soon())
      const files = await readAll(from, cid)
      expect(await readAll(to, cid)).toEqual(files)
      expect(await readAll(carried, cid)).toEqual(files)
    }),
    { numRuns: 20 },
  )
})

const anotherCid = parseCid('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')

async function* failing(): AsyncGenerator<never> {
  yield* []
  throw new Error('offline')
}

type Block = { cid: Uint8Array; bytes: Uint8Array }

function changed(store: ContentStore, change: (block: Block) => Block): BlockSource {
  return {
    async *blocks(cids, signal) {
      for await (const block of sourceOf(store).blocks(cids, signal)) yield change(block)
    },
  }
}

async function* twice(blocks: AsyncIterable<Block>) {
  for await (const block of blocks) {
    yield block
    yield block
  }
}
