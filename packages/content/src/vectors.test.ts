import { createCipheriv, createHash } from 'node:crypto'
import { CarReader } from '@ipld/car/reader'
import { CarWriter } from '@ipld/car/writer'
import { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import { buildDirectory, buildFile } from './build.ts'
import { openStore, plenty, soon, temporaryDir, writeFiles } from './testContent.ts'

// CIDs that Kubo made and its own tests hold it to: `test/cli/cid_profiles_test.go` for the profile unixfs-v1-2025, and
// `test/sharness/t0114-gateway-subdomains` for a directory of files below one chunk, for which all profiles agree. The CAR files are
// held against `@ipld/car`, which shares no code with ours.

/** Kubo's test data: the key stream of ChaCha20 under the seed's hash. */
function seeded(seed: string) {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('chacha20', key, Buffer.alloc(16))
  return (bytes: number) => new Uint8Array(cipher.update(Buffer.alloc(bytes)))
}

/** Hashes and forgets. */
const nowhere = { put: async () => {} }

function* mebibytes(count: number, seed: string) {
  const next = seeded(seed)
  for (let index = 0; index < count; index++) yield next(2 ** 20)
}

const names = (count: number, lastLength: number) => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz01234567890-_'
  const next = seeded('hamt-unixfs-v1-2025')
  return Array.from({ length: count }, (_, index) =>
    Array.from(next(index === count - 1 ? lastLength : 11), (byte) => alphabet[byte % alphabet.length]).join(''),
  )
}

describe('the same CIDs as Kubo', () => {
  test.each([
    ['hello world', 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'],
    ['hello\n', 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am'],
    ['hello world\n', 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'],
    ['', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ])('for a file of %j', async (text, cid) => {
    const built = await buildFile(new TextEncoder().encode(text), nowhere)
    expect(built.cid.toString()).toBe(cid)
  })

  test('for an empty directory, and for one with directories in it', async () => {
    expect((await buildDirectory([], nowhere)).cid.toString()).toBe(
      'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
    )
    const dir = writeFiles(temporaryDir(), {
      hello: 'hello\n',
      'ipfs/ipns/bar': 'text-file-content\n',
      'api/file.txt': 'I am a txt file\n',
      'ipfs/file.txt': 'I am a txt file\n',
    })
    expect((await openStore().putDirectory(dir, plenty, soon())).toString()).toBe(
      'bafybeiht6dtwk3les7vqm6ibpvz6qpohidvlshsfyr7l5mpysdw2vmbbhe',
    )
  })

  test('for a file of 1,025 MiB, a piece more than one node links to', async () => {
    const built = await buildFile(mebibytes(1025, 'v1-2025-seed'), nowhere)
    expect(built.cid.toString()).toBe('bafybeihmzokxxjqwxjcryerhp5ezpcog2wcawfryb2xm64xiakgm4a5jue')
  })

  test.each([
    [21, 'bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4'],
    [22, 'bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu'],
  ])(
    'for a directory of 4,766 files, the last name of %i: the largest that is not sharded, and a byte more',
    async (last, cid) => {
      const store = openStore()
      const x = new TextEncoder().encode('x')
      const all = names(4766, last)
      const directory = await store.putTree(Object.fromEntries(all.map((name) => [name, x])))
      expect(directory.toString()).toBe(cid)
      expect((await store.list(directory)).map(({ name }) => name).sort()).toEqual([...all].sort())
      expect(await store.find(directory, all[4000] ?? '')).toEqual((await buildFile(x, nowhere)).cid)
    },
  )
})

describe('CAR files', () => {
  test('are read by another implementation, in the order of `ipfs dag export`', async () => {
    const store = openStore()
    const cid = await store.putTree({ b: { big: seeded('car')(2_500_000) }, a: seeded('car')(1000) })
    const car = await CarReader.fromIterable(store.exportCar(cid, soon()))
    expect((await car.getRoots()).map(String)).toEqual([cid.toString()])
    const blocks = await Array.fromAsync(car.blocks())
    // The root, `a`, the directory `b`, the file, its three pieces.
    expect(blocks.map((block) => block.cid.code)).toEqual([0x70, 0x55, 0x70, 0x70, 0x55, 0x55, 0x55])
    expect(blocks.map((block) => block.bytes.byteLength).slice(-3)).toEqual([2 ** 20, 2 ** 20, 2_500_000 - 2 ** 21])
  })

  test('are byte for byte those of another implementation, and read in pieces of any size', async () => {
    const store = openStore()
    const cid = await store.putTree({ a: seeded('pieces')(1_200_000), b: new Uint8Array() })
    const ours = Buffer.concat(await Array.fromAsync(store.exportCar(cid, soon())))
    const reader = await CarReader.fromBytes(ours)
    const { writer, out } = CarWriter.create([CID.parse(cid.toString())])
    const theirs = Array.fromAsync(out)
    for await (const block of reader.blocks()) await writer.put(block)
    await writer.close()
    expect(Buffer.concat(await theirs).equals(ours)).toBe(true)
    for (const size of [1, 7, 65_536, ours.byteLength]) {
      const other = openStore()
      // The small head in single bytes, the rest as it is.
      const pieces = piecesOf(ours, size).slice(0, 5000)
      pieces.push(ours.subarray(pieces.reduce((sum, piece) => sum + piece.byteLength, 0)))
      expect((await other.importCar(pieces, plenty, soon())).map(String)).toEqual([cid.toString()])
      await other.pin('all', cid, soon())
    }
  })
})

function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}
