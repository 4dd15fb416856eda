import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type ImageFile, imageTar } from './imageTar.ts'

const directory = mkdtempSync(join(tmpdir(), 'tender-image-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const files: ImageFile[] = [
  { path: '/srv/www/index.html', mode: 0o644, content: 'hello' },
  { path: '/bin/app', mode: 0o755, content: new Uint8Array(1000).fill(7) },
  { path: '/bin/sh', linkTo: 'app' },
]

test('an image is a tar with a description, a configuration and one layer of just these files', () => {
  const tar = join(directory, 'image.tar')
  writeFileSync(tar, imageTar({ files, environment: { A: 'b' }, command: ['/bin/app'], user: '1000', name: 'a:1' }))
  execFileSync('tar', ['-xf', tar, '-C', directory])
  const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'))
  const [{ Config, RepoTags, Layers }] = read('manifest.json')
  expect(RepoTags).toEqual(['a:1'])
  expect(read(Config).config).toEqual({ Env: ['A=b'], Cmd: ['/bin/app'], User: '1000' })
  expect(read(Config).rootfs.diff_ids).toEqual([`sha256:${Layers[0].split('/')[0]}`])
  const listed = execFileSync('tar', ['-tvf', join(directory, Layers[0])], { encoding: 'utf8' })
  expect(
    listed
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, 10), line.split(/:\d\d /)[1]]),
  ).toEqual([
    ['drwxr-xr-x', 'bin/'],
    ['drwxr-xr-x', 'srv/'],
    ['drwxr-xr-x', 'srv/www/'],
    ['-rwxr-xr-x', 'bin/app'],
    ['lrwxrwxrwx', 'bin/sh -> app'],
    ['-rw-r--r--', 'srv/www/index.html'],
  ])
})

test('the same files give the same bytes, in whatever order they are named', () => {
  expect(imageTar({ files: files.toReversed() }).equals(imageTar({ files }))).toBe(true)
})

test('a name that this kind of tar cannot hold is refused', () => {
  expect(() => imageTar({ files: [{ path: `/${'a'.repeat(101)}`, mode: 0o644, content: '' }] })).toThrow(RangeError)
})
