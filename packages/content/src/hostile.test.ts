import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { encode as encodeCbor } from '@ipld/dag-cbor'
import { encode, type PBLink, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, test } from 'vitest'
import { rawCid } from './cid.ts'
import { fetchContent } from './fetch.ts'
import type { ContentStore } from './store.ts'
import { openStore, plenty, soon, sourceOf, temporaryDir } from './testContent.ts'

const DAG_PB = 0x70
type Link = { name?: string; cid: CID }

/** Any block, as dag-pb. */
async function putNode(store: ContentStore, data: Uint8Array, links: readonly Link[]): Promise<CID> {
  const Links = links.map(({ name = '', cid }): PBLink => ({ Name: name, Hash: cid, Tsize: 1 }))
  const bytes = encode(prepare({ Data: data, Links }))
  const cid = CID.createV1(DAG_PB, await sha256.digest(bytes))
  await store.putBlock(cid, bytes)
  return cid
}

async function putRaw(store: ContentStore, bytes: Uint8Array): Promise<CID> {
  const cid = await rawCid(bytes)
  await store.putBlock(cid, bytes)
  return cid
}

const directory = new UnixFS({ type: 'directory' }).marshal()
const putDirectory = (store: ContentStore, links: readonly Link[]) => putNode(store, directory, links)

function putFile(store: ContentStore, parts: readonly { cid: CID; bytes: bigint }[]): Promise<CID> {
  const file = new UnixFS({ type: 'file', blockSizes: parts.map(({ bytes }) => bytes) })
  return putNode(store, file.marshal(), parts)
}

const exportFails = async (store: ContentStore, cid: CID, code: string) => {
  const out = temporaryDir()
  await expect(store.exportTo(cid, out, plenty, soon())).rejects.toMatchObject({ code })
  expect(readdirSync(out)).toEqual([])
}

describe('a few blocks that stand for terabytes', () => {
  test('as one file end at the limit', async () => {
    const store = openStore()
    let part = { cid: await putRaw(store, new Uint8Array(2 ** 20)), bytes: 2n ** 20n }
    for (let level = 0; level < 3; level++) {
      const cid = await putFile(
        store,
        Array.from({ length: 200 }, () => part),
      )
      part = { cid, bytes: part.bytes * 200n }
    }
    expect(await store.stat(part.cid)).toEqual({ kind: 'file', bytes: 2 ** 20 * 200 ** 3 })
    const root = await putDirectory(store, [{ name: 'bomb', cid: part.cid }])
    const out = temporaryDir()
    await expect(store.exportTo(root, out, { bytes: 5e6, files: 10 }, soon())).rejects.toMatchObject({
      code: 'contentTooLarge',
    })
    expect(readdirSync(out)).toEqual([])
    await expect(store.readBytes(part.cid, { bytes: 5e6 }, soon())).rejects.toMatchObject({ code: 'contentTooLarge' })
    // Brought and kept it is as small as it is.
    const other = openStore()
    const limits = { bytes: 2e6, blocks: 5 }
    const done = await fetchContent({
      cid: root,
      store: other,
      source: sourceOf(store),
      limits,
      pin: 'x',
      signal: soon(),
    })
    expect(done.blocks).toBe(5)
    await other.collectGarbage(soon())
    expect(other.usedBytes()).toBeLessThan(2e6)
  })

  test('as directories within directories end at the limit', async () => {
    const store = openStore()
    let cid = await putDirectory(store, [])
    for (let level = 0; level < 40; level++) {
      cid = await putDirectory(store, [
        { name: 'a', cid },
        { name: 'b', cid },
      ])
    }
    const out = temporaryDir()
    await expect(store.exportTo(cid, out, { bytes: 1, files: 500 }, soon())).rejects.toMatchObject({
      code: 'contentTooLarge',
    })
    await store.pin('it', cid, soon())
    expect(Buffer.concat(await Array.fromAsync(store.exportCar(cid, soon()))).byteLength).toBeLessThan(10_000)
  })

  test('as a file of parts without bytes, or of parts that are not as long as it says, are refused', async () => {
    const store = openStore()
    const empty = await putRaw(store, new Uint8Array())
    let none = { cid: empty, bytes: 0n }
    for (let level = 0; level < 40; level++) none = { cid: await putFile(store, [none, none]), bytes: 0n }
    await exportFails(store, await putDirectory(store, [{ name: 'x', cid: none.cid }]), 'badContent')
    const lying = await putFile(store, [{ cid: empty, bytes: 5n }])
    await exportFails(store, await putDirectory(store, [{ name: 'x', cid: lying }]), 'badContent')
    const huge = await putFile(store, [{ cid: empty, bytes: 2n ** 63n }])
    await exportFails(store, await putDirectory(store, [{ name: 'x', cid: huge }]), 'badContent')
  })

  test('as shards of a directory that holds nothing are refused', async () => {
    const store = openStore()
    const shard = new UnixFS({ type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n }).marshal()
    let cid = await putNode(store, shard, [])
    for (let level = 0; level < 30; level++) {
      cid = await putNode(store, shard, [
        { name: '00', cid },
        { name: '01', cid },
      ])
    }
    const out = temporaryDir()
    await expect(store.exportTo(cid, out, { bytes: 1000, files: 10 }, soon())).rejects.toMatchObject({
      code: 'badContent',
    })
    await expect(store.list(cid)).rejects.toMatchObject({ code: 'badContent' })
  })
})

test('a chain without an end in sight is not followed', async () => {
  const store = openStore()
  let cid = await putDirectory(store, [])
  for (let level = 0; level < 2000; level++) cid = await putDirectory(store, [{ name: 'a', cid }])
  await exportFails(store, cid, 'contentTooLarge')
  await expect(store.pin('it', cid, soon())).rejects.toMatchObject({ code: 'contentTooLarge' })
  const source = sourceOf(store)
  const fetching = fetchContent({ cid, store: openStore(), source, limits: plenty, signal: soon() })
  await expect(fetching).rejects.toMatchObject({ code: 'contentTooLarge' })
  expect(source.asked.length).toBeLessThan(200)
})

test('a cycle that is claimed cannot be closed: its second block has another hash', async () => {
  const store = openStore()
  const one = await rawCid(new Uint8Array([1]))
  const claimed = CID.createV1(DAG_PB, one.multihash)
  const two = await putDirectory(store, [{ name: 'one', cid: claimed }])
  const back = encode(prepare({ Data: directory, Links: [{ Name: 'two', Hash: two, Tsize: 1 }] }))
  const source = {
    async *blocks(cids: readonly Uint8Array[]) {
      for (const cid of cids) yield { cid, bytes: (await store.block(cid)) ?? back }
    },
  }
  const fetching = fetchContent({ cid: two, store: openStore(), source, limits: plenty, signal: soon() })
  await expect(fetching).rejects.toMatchObject({ code: 'contentUnavailable', cause: { code: 'badBlock' } })
})

describe('names', () => {
  test.each([
    '',
    '.',
    '..',
    'a/b',
    '/etc/passwd',
    '../up',
    'a\\b',
    'a\0b',
    'new\nline',
    'x'.repeat(256),
    'ä'.repeat(128),
  ])('like %j are never written', async (name) => {
    const store = openStore()
    const cid = await putRaw(store, new Uint8Array([1]))
    await exportFails(store, await putDirectory(store, [{ name, cid }]), 'badContent')
    await expect(store.putTree({ [name]: new Uint8Array() })).rejects.toMatchObject({ code: 'badContent' })
  })

  test('that are there twice, directly or through a shard, are refused', async () => {
    const store = openStore()
    const cid = await putRaw(store, new Uint8Array([1]))
    await exportFails(
      store,
      await putDirectory(store, [
        { name: 'a', cid },
        { name: 'a', cid },
      ]),
      'badContent',
    )
    const shard = new UnixFS({ type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n }).marshal()
    const below = await putNode(store, shard, [{ name: '01a', cid }])
    await exportFails(
      store,
      await putNode(store, shard, [
        { name: '00', cid: below },
        { name: '02a', cid },
      ]),
      'badContent',
    )
    await exportFails(store, await putNode(store, shard, [{ name: '00../up', cid }]), 'badContent')
  })

  test('of a path longer than systems take are refused', async () => {
    const store = openStore()
    let cid = await putDirectory(store, [])
    for (let level = 0; level < 6; level++) cid = await putDirectory(store, [{ name: 'n'.repeat(200), cid }])
    await exportFails(store, cid, 'badContent')
  })
})

test('symbolic links are refused, wherever they lead', async () => {
  const store = openStore()
  const link = new UnixFS({ type: 'symlink', data: new TextEncoder().encode('/etc/passwd') }).marshal()
  const root = await putDirectory(store, [{ name: 'link', cid: await putNode(store, link, []) }])
  await exportFails(store, root, 'badContent')
})

test.each<[string, (store: ContentStore) => Promise<CID>]>([
  ['no UnixFS', (store) => putNode(store, new Uint8Array([255, 255]), [])],
  ['no data', (store) => putNode(store, new Uint8Array(), [])],
  [
    'an odd fan-out',
    (store) => putNode(store, new UnixFS({ type: 'hamt-sharded-directory', fanout: 3n }).marshal(), []),
  ],
  [
    'parts without sizes',
    async (store) =>
      putNode(store, new UnixFS({ type: 'file' }).marshal(), [{ cid: await putRaw(store, new Uint8Array(1)) }]),
  ],
])('what has %s is no content', async (_what, put) => {
  const store = openStore()
  await expect(store.stat(await put(store))).rejects.toMatchObject({ code: 'badContent' })
})

test('what is no dag-pb though its CID says so, or links elsewhere, is refused', async () => {
  const store = openStore()
  const bytes = new TextEncoder().encode('anything')
  const cid = CID.createV1(DAG_PB, await sha256.digest(bytes))
  await store.putBlock(cid, bytes)
  await expect(store.pin('it', cid, soon())).rejects.toMatchObject({ code: 'badContent' })
  const cbor = CID.createV1(0x71, await sha256.digest(encodeCbor({})))
  const root = await putDirectory(store, [{ name: 'x', cid: cbor }])
  await expect(store.pin('it', root, soon())).rejects.toMatchObject({ code: 'badContent' })
})

describe('a CAR file', () => {
  const varint = (value: number) => Uint8Array.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7])
  const header = (value: unknown) => {
    const bytes = encodeCbor(value)
    return Buffer.concat([varint(bytes.byteLength), bytes])
  }
  const refused = (car: Uint8Array, code: string, limits = plenty) =>
    expect(openStore().importCar([car], limits, soon())).rejects.toMatchObject({ code })

  test('with a wrong hash, a wrong version, an early end or a length beyond all bounds is refused', async () => {
    const store = openStore()
    const cid = await store.putTree({ a: new Uint8Array(1000).fill(7) })
    const car = Buffer.concat(await Array.fromAsync(store.exportCar(cid, soon())))
    const flipped = Uint8Array.from(car)
    flipped[car.byteLength - 1] = 8
    await refused(flipped, 'badBlock')
    await refused(car.subarray(0, -1), 'badContent')
    await refused(new Uint8Array(), 'badContent')
    await refused(header({ version: 2 }), 'badContent')
    await refused(header({ version: 1, roots: 'x' }), 'badContent')
    await refused(Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 127]), 'contentTooLarge')
    const start = header({ version: 1, roots: [cid] })
    await refused(Buffer.concat([start, Uint8Array.from([255, 255, 255, 127])]), 'contentTooLarge')
    await refused(Buffer.concat([start, Uint8Array.from([0])]), 'badContent')
    await refused(Buffer.concat([start, varint(200), Buffer.alloc(200)]), 'badContent')
    await refused(car, 'contentTooLarge', { ...plenty, blocks: 1 })
    await refused(car, 'contentTooLarge', { ...plenty, bytes: 1000 })
  })
})

test('an export follows no link that somebody put where it writes', async () => {
  const store = openStore()
  const cid = await store.putTree({ a: new Uint8Array([1]) })
  const out = join(temporaryDir(), 'below', 'out')
  await store.exportTo(cid, out, plenty, soon())
  expect(existsSync(join(out, 'a'))).toBe(true)
  await expect(store.exportTo(cid, out, plenty, soon())).rejects.toMatchObject({ code: 'directoryNotEmpty' })
})
