import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@tender/kit'
import { keccak256 } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { openParts } from './parts.ts'

async function openTestParts() {
  const directory = await mkdtemp(join(tmpdir(), 'parts-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return openParts(directory, openStore({ file: ':memory:' }))
}

const openFiles = async () => (await readdir('/proc/self/fd')).length

test('a part is read in small pieces, and whoever stops reading leaves no file open', async () => {
  const parts = await openTestParts()
  const bytes = randomBytes(1_000_000)
  const hash = await parts.put(bytes, 1n)
  const pieces: Uint8Array[] = []
  for await (const piece of (await parts.pieces(hash)) ?? []) pieces.push(piece)
  expect(keccak256(Buffer.concat(pieces))).toBe(hash)
  expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(64 * 1024)

  const before = await openFiles()
  for await (const piece of (await parts.pieces(hash)) ?? []) if (piece.byteLength > 0) break
  expect(await openFiles()).toBe(before)
})

test('a part that is not here has no pieces', async () => {
  const parts = await openTestParts()
  expect(await parts.pieces(keccak256('0x12'))).toBeUndefined()
})
