import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogLine } from '@tender/driver'
import { unseal } from '@tender/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compressedKeyOf } from '../testKeys.ts'
import { bytes32 } from '../testKit.ts'
import { type Archives, openArchives } from './archives.ts'

const privateKey = bytes32(77)
const to = compressedKeyOf(privateKeyToAccount(privateKey))
const lease = bytes32(5)

let directory: string
let archives: Archives
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-archives-'))
  archives = await openArchives(directory, { maxLogCharacters: 200_000 })
})
afterEach(() => rm(directory, { recursive: true }))

async function* linesOf(count: number, text = 'a line of the log'): AsyncGenerator<LogLine> {
  for (let number = 0; number < count; number++) {
    yield { atMs: 1_000 + number, service: 'web', stream: 'stdout', text: `${text} ${number}` }
  }
}

const piecesOf = (tail: number) => Array.fromAsync(archives.read(lease, tail))
const opened = (sealed: Uint8Array, context = `logs:${lease}`) => unseal({ privateKey, context, sealed })

test("a log is kept sealed to the agent, its owner's alone to read, and replaced by a newer one", async () => {
  const size = await archives.put(lease, to, linesOf(3, 'secret words'))
  const path = join(directory, lease)
  const { size: onDisk, mode } = await stat(path)
  expect([size, mode & 0o777]).toEqual([onDisk, 0o600])
  expect((await readFile(path)).includes('secret words')).toBe(false)

  const [piece, ...rest] = await piecesOf(10)
  expect(rest).toEqual([])
  expect(Buffer.from(await opened(piece ?? expect.fail())).includes('secret words 2')).toBe(true)
  await expect(opened(piece ?? expect.fail(), `logs:${bytes32(6)}`)).rejects.toMatchObject({ code: 'unsealFailed' })

  await archives.put(lease, to, linesOf(1, 'newer'))
  expect(await readdir(directory)).toEqual([lease])
  expect(Buffer.from(await opened((await piecesOf(10))[0] ?? expect.fail())).includes('newer 0')).toBe(true)
})

test('of a long log the newest lines are kept, and as many pieces are read as the tail needs', async () => {
  await archives.put(lease, to, linesOf(10_000))
  const all = await piecesOf(10_000)
  expect(all.length).toBeGreaterThan(2)
  const texts = Buffer.concat(await Promise.all(all.map((piece) => opened(piece)))).toString()
  expect(texts).toMatch('the log 9999')
  expect(texts).not.toMatch('the log 0\u0000')
  expect((await stat(join(directory, lease))).size).toBeLessThan(400_000)

  const [last, ...none] = await piecesOf(5)
  expect(none).toEqual([])
  expect(Buffer.from(await opened(last ?? expect.fail())).toString()).toMatch('the log 9999')
  expect(await piecesOf(0)).toEqual([])
})

test('an empty log is one too', async () => {
  await archives.put(lease, to, linesOf(0))
  expect(await piecesOf(10)).toEqual([])
})

test('what cannot be read in full leaves the archive before as it was', async () => {
  await archives.put(lease, to, linesOf(1))
  async function* breaks(): AsyncGenerator<LogLine> {
    yield* linesOf(1)
    throw new Error('the engine is dead')
  }
  await expect(archives.put(lease, to, breaks())).rejects.toThrow('the engine is dead')
  expect(await readdir(directory)).toEqual([lease])
  expect(await piecesOf(1)).toHaveLength(1)
})

test('a damaged file says so', async () => {
  await archives.put(lease, to, linesOf(3))
  const path = join(directory, lease)
  const bytes = await readFile(path)
  await rm(path)
  await writeFile(path, bytes.subarray(0, bytes.length - 1))
  await expect(piecesOf(3)).rejects.toMatchObject({ code: 'corruptState' })
})

test('only what is wanted is retained', async () => {
  await archives.put(lease, to, linesOf(1))
  await archives.put(bytes32(6), to, linesOf(1))
  await writeFile(join(directory, '.half'), '')
  await archives.retain((id) => id === lease)
  expect(await readdir(directory)).toEqual([lease])
})
