import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileNames } from './child/files.ts'
import { createOutputLog } from './child/outputLog.ts'
import { readLogs } from './readLogs.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tender-logs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const soon = () => AbortSignal.timeout(10_000)
const texts = async (options = {}) =>
  (await Array.fromAsync(readLogs(folder, options, () => true, soon()))).map(({ text }) => text)

test('what is kept is capped, and what is kept is the newest', async () => {
  const log = createOutputLog(folder, 'web', 10_000)
  for (let i = 0; i < 1_000; i++) log.write('stdout', Buffer.from(`line ${i}\n`))
  log.close()
  expect(statSync(join(folder, fileNames.log)).size).toBeLessThanOrEqual(10_000)
  expect(statSync(join(folder, fileNames.olderLog)).size).toBeLessThanOrEqual(10_000)
  const kept = await texts()
  expect(kept.at(-1)).toBe('line 999')
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => `line ${1_000 - kept.length + i}`))
  expect(await texts({ tailLines: 3 })).toEqual(['line 997', 'line 998', 'line 999'])
})

test('a reader that follows misses nothing when the file is replaced', async () => {
  const log = createOutputLog(folder, 'web', 4_000)
  const lines = readLogs(folder, { follow: true }, () => false, soon())
  // Two files hold more than ten lines, so a reader that keeps up sees all.
  for (let i = 0; i < 200; i += 10) {
    for (let j = i; j < i + 10; j++) log.write('stdout', Buffer.from(`line ${j}\n`))
    log.close()
    for (let j = i; j < i + 10; j++) expect((await lines.next()).value?.text).toBe(`line ${j}`)
  }
  await lines.return(undefined)
})

test('lines are put together, cut when too long, and written at the end', async () => {
  const log = createOutputLog(folder, 'web', 1_000_000)
  const euro = Buffer.from('€')
  log.write('stdout', Buffer.from('a'))
  log.write('stderr', Buffer.from('other\n'))
  log.write('stdout', euro.subarray(0, 1))
  log.write('stdout', Buffer.concat([euro.subarray(1), Buffer.from(`b\n\n${'x'.repeat(40_000)}\nend`)]))
  log.close()
  const read = await texts()
  expect(read.slice(0, 3)).toEqual(['other', 'a€b', ''])
  expect(read.slice(3).map((text) => text.length)).toEqual([16_384, 16_384, 7_232, 3])
})

test('a torn line is left out', async () => {
  createOutputLog(folder, 'web', 1_000).close()
  const line = JSON.stringify({ atMs: 1, service: 'web', stream: 'stdout', text: 'whole' })
  appendFileSync(join(folder, fileNames.log), `{"atMs":1,"ser\n${line}\n{"atMs"`)
  expect(await texts()).toEqual(['whole'])
})

test('there may be no log yet', async () => {
  expect(await texts()).toEqual([])
})
