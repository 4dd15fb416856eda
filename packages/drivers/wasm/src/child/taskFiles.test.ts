import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fd, OpenDirectory } from '@bjorn3/browser_wasi_shim'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inputFiles } from './inputFiles.ts'
import { OutputTooLargeError, outputFiles } from './outputFiles.ts'

const [CREAT, DIRECTORY, TRUNC] = [1, 2, 8]
const WRITE = 64n
const ROFS = 69
const MFILE = 33

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tender-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(directory: OpenDirectory, path: string, flags = 0, rights = 0n): Fd {
  const { ret, fd_obj } = directory.path_open(0, path, flags, rights, 0n, 0)
  if (ret !== 0 || !fd_obj) throw new Error(`WASI's error ${ret}`)
  return fd_obj
}
const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ data }: { data: Uint8Array }) => new TextDecoder().decode(data)

describe('an output', () => {
  const create = (directory: OpenDirectory, path: string) => open(directory, path, CREAT | TRUNC, WRITE)

  test('is written as it was left', () => {
    const { preopen, save } = outputFiles(100)
    preopen.path_create_directory('a')
    preopen.path_create_directory('a/empty')
    const file = create(preopen, 'a/file')
    file.fd_write(bytes('hello'))
    file.fd_pwrite(bytes('J'), 0n)
    save(folder)
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['a', 'a/empty', 'a/file'])
    expect(readFileSync(join(folder, 'a/file'), 'utf8')).toBe('Jello')
  })

  test('has zeros where nothing was written, also where something was before', () => {
    const { preopen, save } = outputFiles(100)
    const file = create(preopen, 'file')
    file.fd_write(bytes('secret'))
    file.fd_filestat_set_size(1n)
    file.fd_filestat_set_size(4n)
    file.fd_pwrite(bytes('x'), 6n)
    save(folder)
    expect([...readFileSync(join(folder, 'file'))]).toEqual([115, 0, 0, 0, 0, 0, 120])
  })

  test('may be rewritten for ever, and counts only what it holds', () => {
    const { preopen, save } = outputFiles(10)
    for (let round = 0; round < 100; round++) {
      const file = create(preopen, `file${round % 2}`)
      file.fd_write(bytes('12345'))
      if (round % 3 === 0) preopen.path_unlink_file(`file${round % 2}`)
    }
    expect(() => save(folder)).not.toThrow()
  })

  test.each<[string, (directory: OpenDirectory) => unknown]>([
    ['one large write', (directory) => create(directory, 'file').fd_write(new Uint8Array(11))],
    ['a write far behind the end', (directory) => create(directory, 'file').fd_pwrite(bytes('x'), 2n ** 62n)],
    ['space that is only reserved', (directory) => create(directory, 'file').fd_allocate(0n, 11n)],
    ['a size that is only set', (directory) => create(directory, 'file').fd_filestat_set_size(2n ** 40n)],
    [
      'many small files',
      (directory) => {
        for (const name of 'abcdefghijk') create(directory, name).fd_write(bytes('x'))
      },
    ],
    [
      'many empty files',
      (directory) => {
        for (let at = 0; at < 70_000; at++) create(directory, `f${at}`)
      },
    ],
  ])('is too large after %s, even if the module goes on', (_, write) => {
    const { preopen, save } = outputFiles(10)
    expect(() => write(preopen)).toThrow(OutputTooLargeError)
    expect(() => save(folder)).toThrow(OutputTooLargeError)
    expect(readdirSync(folder)).toEqual([])
  })

  test('counts a file with two names twice', () => {
    const { preopen, save } = outputFiles(10)
    create(preopen, 'one').fd_write(bytes('123456'))
    const { inode_obj } = preopen.path_lookup('one', 0)
    if (inode_obj) preopen.path_link('two', inode_obj, false)
    expect(() => save(folder)).toThrow(OutputTooLargeError)
  })

  test('has names that this host can keep', () => {
    const { preopen, save } = outputFiles(10)
    create(preopen, 'n'.repeat(300))
    expect(() => save(folder)).toThrow('a name in /output that is too long')
  })

  test('has no way out of its folder', () => {
    const { preopen } = outputFiles(10)
    for (const path of ['../x', '/x', 'a/../../x']) expect(() => create(preopen, path)).toThrow("WASI's error")
  })
})

describe('an input', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'b.txt'), '0123456789')
    writeFileSync(join(folder, 'a.txt'), '')
    writeFileSync(join(folder, 'sub', 'deep.txt'), 'deep')
    symlinkSync('/etc', join(folder, 'etc'))
  })

  test('is listed by name, without links', () => {
    expect([...inputFiles(folder).dir.contents.keys()]).toEqual(['a.txt', 'b.txt', 'sub'])
    expect(() => open(inputFiles(folder), 'etc/passwd')).toThrow("WASI's error 44")
    expect([...inputFiles(undefined).dir.contents.keys()]).toEqual([])
  })

  test('is read from wherever it is asked for', () => {
    const file = open(inputFiles(folder), 'b.txt')
    expect(text(file.fd_read(4))).toBe('0123')
    expect(text(file.fd_read(100))).toBe('456789')
    expect(text(file.fd_read(100))).toBe('')
    expect(text(file.fd_pread(2, 3n))).toBe('34')
    expect(text(file.fd_pread(2 ** 31, 2n ** 60n))).toBe('')
    expect(file.fd_seek(-3n, 2)).toEqual({ ret: 0, offset: 7n })
    expect(text(file.fd_read(9))).toBe('789')
    expect(file.fd_seek(-11n, 2).ret).not.toBe(0)
    expect(file.fd_filestat_get().filestat?.size).toBe(10n)
    expect(file.fd_close()).toBe(0)
  })

  test('takes nothing, through whatever folder', () => {
    const root = inputFiles(folder)
    // CAST: it was opened as a folder
    const sub = open(root, 'sub', DIRECTORY) as OpenDirectory
    for (const [directory, name] of [
      [root, 'b.txt'],
      [root, 'sub/deep.txt'],
      [sub, 'deep.txt'],
    ] as const) {
      expect(directory.path_open(0, name, 0, WRITE, 0n, 0).ret).toBe(ROFS)
      expect(directory.path_open(0, name, TRUNC, 0n, 0n, 0).ret).toBe(ROFS)
      expect(directory.path_open(0, 'new', CREAT, WRITE, 0n, 0).ret).toBe(ROFS)
      expect(directory.path_unlink_file(name)).toBe(ROFS)
      expect(directory.path_unlink(name).ret).toBe(ROFS)
      expect(directory.path_create_directory('new')).toBe(ROFS)
      expect(directory.path_lookup(name, 0).inode_obj).toBeNull()
    }
    expect(open(root, 'b.txt').fd_write(bytes('x')).ret).toBe(ROFS)
    expect(readdirSync(folder)).toEqual(['a.txt', 'b.txt', 'etc', 'sub'])
  })

  test('has so many files open at most', () => {
    const root = inputFiles(folder)
    const files = Array.from({ length: 512 }, () => open(root, 'a.txt'))
    expect(root.path_open(0, 'a.txt', 0, 0n, 0n, 0).ret).toBe(MFILE)
    files[0]?.fd_close()
    expect(root.path_open(0, 'a.txt', 0, 0n, 0n, 0).ret).toBe(0)
  })
})
