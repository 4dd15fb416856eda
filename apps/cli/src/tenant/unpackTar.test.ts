import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packTar } from './packTar.ts'
import { unpackTar } from './unpackTar.ts'

let place: string
let directory: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'tender-tar-'))
  directory = join(place, 'into')
  await mkdir(directory)
})
afterEach(() => rm(place, { recursive: true }))

const signal = new AbortController().signal

function tarOf(...entries: (Partial<Header> & { name: string } & { content?: string })[]): Readable {
  const tar = pack()
  for (const { content = '', ...header } of entries) tar.entry(header, content)
  tar.finalize()
  return Readable.from(tar, { objectMode: false })
}

test('what is packed comes out the same, under the name that was asked for', async () => {
  const source = join(place, 'site')
  await mkdir(join(source, 'deep', 'er'), { recursive: true })
  await writeFile(join(source, 'index.html'), 'hello', { mode: 0o640 })
  await writeFile(join(source, 'deep', 'er', 'empty'), '')
  await symlink('../index.html', join(source, 'deep', 'link'))
  const { tar, done } = await packTar(source, 'site')
  const unpacked = await unpackTar(tar, { directory, name: 'copy' }, signal)
  expect({ unpacked, done }).toEqual({
    unpacked: { files: 2, bytes: 5, skipped: [] },
    done: { files: 2, bytes: 5, skipped: [] },
  })
  expect(await readFile(join(directory, 'copy', 'index.html'), 'utf8')).toBe('hello')
  expect((await stat(join(directory, 'copy', 'index.html'))).mode & 0o777).toBe(0o640)
  expect(await readlink(join(directory, 'copy', 'deep', 'link'))).toBe('../index.html')
  expect(await readdir(join(directory, 'copy', 'deep', 'er'))).toEqual(['empty'])
})

test('a directory may be packed without its own name', async () => {
  await writeFile(join(directory, 'a'), '1')
  const { tar } = await packTar(directory, '')
  const into = join(place, 'other')
  await mkdir(into)
  await unpackTar(tar, { directory: into }, signal)
  expect(await readdir(into)).toEqual(['a'])
  await expect(packTar(join(place, 'none'), 'none')).rejects.toMatchObject({ code: 'fileNotFound' })
})

test.each(['../out', 'a/../../out', '/out', 'a/../../../../../../tmp/out'])(
  'a name cannot lead out: %s',
  async (name) => {
    await expect(unpackTar(tarOf({ name, content: 'x' }), { directory }, signal)).rejects.toMatchObject({
      code: 'unsafeArchive',
      class: 'provider',
    })
    expect(await readdir(place)).toEqual(['into'])
  },
)

test('a link that leads out is left out, wherever it goes round', async () => {
  const outward = ['/etc/passwd', '../../x', '..', '../..', 'b/../../../x', '']
  const tar = tarOf(
    { name: 'top', type: 'directory' },
    ...outward.map((linkname, index) => ({ name: `top/${index}`, type: 'symlink' as const, linkname })),
    { name: 'top/inside', type: 'symlink', linkname: './file' },
    { name: 'top/file', content: 'x' },
  )
  const { skipped } = await unpackTar(tar, { directory }, signal)
  expect(skipped).toHaveLength(outward.length)
  expect((await readdir(join(directory, 'top'))).sort()).toEqual(['file', 'inside'])
})

test('nothing is written through a link, neither one of the archive nor one that was there', async () => {
  const outside = join(place, 'outside')
  await mkdir(outside)
  const through = tarOf(
    { name: 'top/way', type: 'symlink', linkname: '../../outside' },
    { name: 'top/way/file', content: 'x' },
  )
  await unpackTar(through, { directory }, signal).catch(() => {})
  expect(await readdir(outside)).toEqual([])

  await symlink(outside, join(directory, 'mine'))
  await expect(unpackTar(tarOf({ name: 'mine/file', content: 'x' }), { directory }, signal)).rejects.toMatchObject({
    code: 'inTheWay',
  })
  await writeFile(join(place, 'secret'), 'kept')
  await symlink(join(place, 'secret'), join(directory, 'file'))
  await unpackTar(tarOf({ name: 'file', content: 'new' }), { directory }, signal)
  expect(await readFile(join(place, 'secret'), 'utf8')).toBe('kept')
  expect(await readFile(join(directory, 'file'), 'utf8')).toBe('new')
  expect(await readdir(outside)).toEqual([])
})

test('a hard link leads only to what is inside, and devices are left out', async () => {
  await writeFile(join(place, 'secret'), 'kept')
  await expect(
    unpackTar(tarOf({ name: 'top/a', type: 'link', linkname: '../secret' }), { directory }, signal),
  ).rejects.toMatchObject({ code: 'unsafeArchive' })
  const { skipped, files } = await unpackTar(
    tarOf(
      { name: 'top/file', content: 'x', mode: 0o4755 },
      { name: 'top/same', type: 'link', linkname: 'top/file' },
      { name: 'top/none', type: 'link', linkname: 'top/missing' },
      { name: 'top/null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'top/pipe', type: 'fifo' },
    ),
    { directory },
    signal,
  )
  expect({ skipped: skipped.length, files }).toEqual({ skipped: 3, files: 1 })
  expect((await readdir(join(directory, 'top'))).sort()).toEqual(['file', 'same'])
  expect((await stat(join(directory, 'top', 'file'))).mode & 0o7000).toBe(0)
})

test('an archive that is cut off is no whole one', async () => {
  const whole = await buffer(tarOf({ name: 'file', content: 'x'.repeat(5000) }))
  await expect(unpackTar(Readable.from([whole.subarray(0, 3000)]), { directory }, signal)).rejects.toMatchObject({
    code: 'brokenArchive',
  })
  await expect(
    unpackTar(Readable.from([Buffer.from('nonsense'.repeat(100))]), { directory }, signal),
  ).rejects.toMatchObject({ code: 'brokenArchive' })
})
