import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Blobs, openBlobs } from './blobs.ts'

let directory: string
let blobs: Blobs
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-blobs-'))
  blobs = await openBlobs(directory)
})
afterEach(() => rm(directory, { recursive: true }))

const content = [new TextEncoder().encode('a '), new TextEncoder().encode('module')]
const digest = createHash('sha256').update('a module').digest('hex')

test('keeps what hashes to its name', async () => {
  expect(await blobs.has(digest)).toBe(false)
  await blobs.put(`0x${digest}`, content)
  await blobs.put(digest, content)
  expect(await blobs.has(digest)).toBe(true)
  expect(await readFile(blobs.path(digest), 'utf8')).toBe('a module')
  expect(await readdir(directory)).toEqual([digest])
})

test('refuses what does not', async () => {
  await expect(blobs.put('00'.repeat(32), content)).rejects.toMatchObject({ code: 'blobMismatch' })
  expect(await readdir(directory)).toEqual([])
})

test.each(['../../etc/passwd', '', 'ab', `${'0'.repeat(63)}/`])('takes no path for a digest: %j', async (name) => {
  expect(() => blobs.path(name)).toThrow(expect.objectContaining({ code: 'badDigest' }))
})

test('removes what no lease needs, half-written files too', async () => {
  await blobs.put(digest, content)
  blobs.retain(new Set([`0x${digest}`]))
  expect(await blobs.has(digest)).toBe(true)
  blobs.retain(new Set())
  expect(await readdir(directory)).toEqual([])
})
