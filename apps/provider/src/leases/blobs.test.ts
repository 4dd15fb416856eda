import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

test('removes what no lease needs, files that a dead process half wrote too', async () => {
  await blobs.put(digest, content)
  blobs.letGo([`0x${digest}`])
  await writeFile(join(directory, '.half'), '')
  blobs.retain(new Set([`0x${digest}`]))
  expect(await readdir(directory)).toEqual([digest])
  blobs.retain(new Set())
  expect(await readdir(directory)).toEqual([])
})

test('keeps what a manifest on its way needs until its record names it, or it is let go', async () => {
  await blobs.put(digest, content)
  blobs.retain(new Set())
  expect(await readdir(directory)).toEqual([digest])
  blobs.letGo([digest])
  expect(await blobs.has(digest)).toBe(true)
  blobs.retain(new Set())
  expect(await readdir(directory)).toEqual([digest])

  const { promise: goOn, resolve } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const other = createHash('sha256').update('slow').digest('hex')
  async function* slowly() {
    yield Buffer.from('sl')
    begin()
    await goOn
    yield Buffer.from('ow')
  }
  const putting = blobs.put(other, slowly())
  await begun
  blobs.retain(new Set())
  resolve()
  await putting
  expect(await blobs.has(other)).toBe(true)
})
