import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { scanImage, withoutNames } from './scanImage.ts'
import { imageTar, type TestFile, tarOf } from './testImages.ts'

const folder = mkdtempSync(join(tmpdir(), 'tender-scan-'))
afterAll(() => rmSync(folder, { recursive: true }))
const soon = () => AbortSignal.timeout(20_000)
const limits = { bytes: 100_000, entries: 10 }

const write = (content: Buffer) => {
  const path = join(folder, 'image.tar')
  writeFileSync(path, content)
  return path
}
const scan = async (content: Buffer) => scanImage(write(content), limits, soon())
const layer = (files: readonly TestFile[]) => tarOf(files)
const small = () => layer([{ name: 'a', content: 'b' }])
const invalid = { code: 'invalidImage', class: 'user' }

test('an image is named by its configuration', async () => {
  const { id } = await scan(await imageTar(await small(), {}))
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(await scan(await imageTar(await small(), { tags: ['nginx:latest'] }))).toEqual({ id })
  expect(await scan(await imageTar(await small(), { config: { User: 'web' } }))).not.toEqual({ id })
})

test('what is no image is refused', async () => {
  const config = Buffer.from('{}')
  const name = `${createHash('sha256').update(config).digest('hex')}.json`
  const manifest = (...images: unknown[]) => ({ name: 'manifest.json', content: JSON.stringify(images) })
  const one = { Config: name, RepoTags: null, Layers: [] }
  await expect(scan(await tarOf([{ name, content: config }, manifest(one)]))).resolves.toBeTruthy()
  const refused = [
    Buffer.from('no tar'.repeat(200)),
    Buffer.alloc(0),
    gzipSync(await imageTar(await small(), {})),
    await tarOf([{ name, content: config }]),
    await tarOf([{ name, content: config }, manifest()]),
    await tarOf([{ name, content: config }, manifest(one, one)]),
    await tarOf([manifest(one)]),
    await tarOf([
      { name, content: config },
      { name: 'manifest.json', content: '[{' },
    ]),
    await tarOf([{ name, content: config }, manifest(one), { name: 'x', type: 'fifo' }]),
    // Of no kind that is known, and too large for a description.
    await tarOf([{ name, content: config }, manifest(one), { name: 'x', content: Buffer.alloc(5 * 2 ** 20, 1) }]),
    (await imageTar(await small(), {})).subarray(0, 1_000),
  ]
  for (const content of refused) await expect(scan(content)).rejects.toMatchObject(invalid)
})

test('what unpacks to more than it may is refused, however small it is packed', async () => {
  const large = await layer([{ name: 'a', content: Buffer.alloc(200_000) }])
  const many = await layer(Array.from({ length: 11 }, (_, index) => ({ name: `${index}` })))
  // A header that promises a file of holes.
  const sparse = await layer([{ name: 'a', content: 'b', pax: { 'GNU.sparse.size': '1099511627776' } }])
  const odd = await layer([{ name: 'a', content: 'b' }])
  odd[156] = 'S'.charCodeAt(0)
  odd.write('        ', 148)
  const sum = odd.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  odd.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  for (const content of [large, many, sparse, odd]) {
    await expect(scan(await imageTar(content, {}))).rejects.toMatchObject(invalid)
    await expect(scan(await imageTar(gzipSync(content), {}))).rejects.toMatchObject(invalid)
  }
  await expect(scan(await imageTar(gzipSync(await small()), {}))).resolves.toBeTruthy()
})

test('what only the engine would unpack is refused', async () => {
  const packed = ['BZh9', '\xfd7zXZ\0', '\x28\xb5\x2f\xfd', '\x50\x2a\x4d\x18', 'x']
  for (const start of packed) {
    const content = Buffer.from(`${start}${'y'.repeat(600)}`, 'latin1')
    await expect(scan(await imageTar(content, {}))).rejects.toMatchObject(invalid)
  }
  // A tar to one reader, a packed file to another.
  const both = await layer([{ name: 'abcd', content: 'b' }])
  both.write('BZh9', 0)
  both.write('        ', 148)
  const sum = both.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  both.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  await expect(scan(await imageTar(both, {}))).rejects.toMatchObject(invalid)
})

test('what headers hide is counted all the same', async () => {
  const hidden = Buffer.alloc(200_000)
  const pax = await layer([{ name: 'a', content: hidden, pax: { size: '0' } }])
  await expect(scan(await imageTar(gzipSync(pax), {}))).rejects.toMatchObject(invalid)
  const link = await layer([{ name: 'a', content: Buffer.alloc(1_024) }])
  link[156] = '2'.charCodeAt(0)
  link.write('        ', 148)
  const sum = link.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  link.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  await expect(scan(await imageTar(link, {}))).rejects.toMatchObject(invalid)
})

test('no second manifest reaches the engine under another spelling or through a link', async () => {
  const tar = await imageTar(await small(), {})
  const evil = JSON.stringify([{ Config: 'x.json', RepoTags: ['docker.io/library/nginx:latest'], Layers: [] }])
  const second = async (files: TestFile[]) => write(Buffer.concat([tar.subarray(0, -1_024), await tarOf(files)]))
  for (const name of ['a/../manifest.json', '/manifest.json', 'a//manifest.json', './a/./manifest.json'])
    await expect(scanImage(await second([{ name, content: evil }]), limits, soon())).rejects.toMatchObject(invalid)
  const links: TestFile[] = [
    { name: 'a', type: 'symlink', linkname: '.' },
    { name: 'a/manifest.json', content: evil },
  ]
  await expect(scanImage(await second(links), limits, soon())).rejects.toMatchObject(invalid)
  await expect(buffer(withoutNames(await second(links), soon()))).rejects.toMatchObject(invalid)
  const copy = await buffer(withoutNames(await second([{ name: './manifest.json', content: evil }]), soon()))
  expect(copy.includes('nginx')).toBe(false)
  const pax = await second([{ name: 'b.json', content: evil, pax: { comment: 'nginx:latest', path: 'manifest.json' } }])
  expect((await buffer(withoutNames(pax, soon()))).includes('nginx')).toBe(false)
})

test('a copy gives itself no name', async () => {
  const tar = await imageTar(await small(), { tags: ['docker.io/library/nginx:latest'] })
  const names = await tarOf([
    { name: 'repositories', content: '{"nginx":{"latest":"1"}}' },
    { name: 'index.json', content: '{"manifests":[{"annotations":{"io.containerd.image.name":"nginx"}}]}' },
  ])
  const path = write(Buffer.concat([names.subarray(0, -1_024), tar]))
  const copy = await buffer(withoutNames(path, soon()))
  expect(copy.includes('nginx')).toBe(false)
  const { id } = await scan(tar)
  expect(await scan(copy)).toEqual({ id })
})

test('whoever aborts gets the reason', async () => {
  const reason = new Error('enough')
  await expect(scanImage(write(await imageTar(await small(), {})), limits, AbortSignal.abort(reason))).rejects.toBe(
    reason,
  )
  await expect(scanImage(join(folder, 'missing'), limits, soon())).rejects.toMatchObject({ code: 'ENOENT' })
})
