import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BlockSource } from './browser.ts'
import { openRemoteContent } from './browser.ts'
import { openStore, soon, sourceOf } from './testContent.ts'

const files = { files: 10_000 }

function remoteOf(source: BlockSource, cacheBytes = 32e6) {
  return openRemoteContent({ source, cacheBytes, signal: soon() })
}

async function stored() {
  const store = openStore()
  const [large, small] = [randomBytes(3_000_000), randomBytes(500)]
  const root = await store.putTree({ 'large.bin': large, small: { 'a.png': small, 'b.txt': Buffer.from('b') } })
  return { store, root, large, small }
}

test('a directory is listed without reading its files, which are read whole', async () => {
  const { store, root, large, small } = await stored()
  const source = sourceOf(store)
  const remote = remoteOf(source)
  const listed = await remote.list(root, files, soon())
  expect(listed).toMatchObject([
    { name: 'large.bin', kind: 'file', bytes: large.byteLength },
    { name: 'small', kind: 'directory' },
  ])
  expect(source.asked).toEqual([root, ...listed.map(({ cid }) => cid)].map(String))
  const [first, second] = listed
  if (!first || !second) throw new Error('nothing is listed')
  expect(Buffer.compare(await remote.readBytes(first.cid, { bytes: 4e6 }, soon()), large)).toBe(0)

  const [picture] = await remote.list(second.cid, files, soon())
  expect(picture).toMatchObject({ name: 'a.png', kind: 'file', bytes: small.byteLength })
  await expect(remote.readBytes(first.cid, { bytes: 1e6 }, soon())).rejects.toMatchObject({ code: 'contentTooLarge' })
  await expect(remote.list(first.cid, files, soon())).rejects.toMatchObject({ code: 'badContent' })
  await expect(remote.list(root, { files: 1 }, soon())).rejects.toMatchObject({ code: 'contentTooLarge' })
})

test('what is wanted at once goes into one question, and what is kept is not asked for again', async () => {
  const store = openStore()
  const roots = await Promise.all(
    Array.from({ length: 20 }, (_, n) => store.putTree({ 'out.txt': Buffer.from(`task ${n}`) })),
  )
  const inner = sourceOf(store)
  let questions = 0
  const remote = remoteOf({
    blocks(cids, signal) {
      questions++
      return inner.blocks(cids, signal)
    },
  })
  const look = () => Promise.all(roots.map((root) => remote.list(root, files, soon())))
  expect((await look()).flat()).toHaveLength(20)
  expect(questions).toBeLessThanOrEqual(2)
  const asked = inner.asked.length
  await look()
  expect(inner.asked).toHaveLength(asked)

  const forgetful = remoteOf(inner, 0)
  for (const root of [...roots.slice(0, 1), ...roots.slice(0, 1)]) await forgetful.list(root, files, soon())
  expect(inner.asked).toHaveLength(asked + 2)
})

test('a block that is another is refused, one that is missing is said to be, and the next question starts afresh', async () => {
  const { store, root } = await stored()
  const honest = sourceOf(store)
  let how: 'lies' | 'has nothing' | 'breaks' | 'is honest' = 'lies'
  const remote = remoteOf({
    async *blocks(cids, signal) {
      if (how === 'breaks') throw new Error('the line is down')
      if (how === 'lies') for (const cid of cids) yield { cid, bytes: randomBytes(10) }
      if (how === 'is honest') yield* honest.blocks(cids, signal)
    },
  })
  const look = () => remote.list(root, files, soon())
  await expect(look()).rejects.toMatchObject({ code: 'badBlock' })
  how = 'has nothing'
  await expect(look()).rejects.toMatchObject({ code: 'contentUnavailable' })
  how = 'breaks'
  await expect(look()).rejects.toThrow('the line is down')
  how = 'is honest'
  expect(await look()).toHaveLength(2)
})

test('who does not want to wait any more does not', async () => {
  const { store, root } = await stored()
  const { promise: silence, resolve } = Promise.withResolvers<void>()
  const inner = sourceOf(store)
  const remote = remoteOf({
    async *blocks(cids, signal) {
      await silence
      yield* inner.blocks(cids, signal)
    },
  })
  const leaving = new AbortController()
  const left = remote.list(root, files, leaving.signal)
  const stayed = remote.list(root, files, soon())
  leaving.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  resolve()
  expect(await stayed).toHaveLength(2)
})
