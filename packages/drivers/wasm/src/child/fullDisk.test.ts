import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fileNames } from './files.ts'
import { startMeter } from './meter.ts'
import { createOutputLog } from './outputLog.ts'

// A folder that is gone takes as little as a full disk, on any machine and for anybody.

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'tender-full-')), 'lease')
  mkdirSync(folder)
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(join(folder, '..'), { recursive: true })
})

const without = async (what: () => void | Promise<void>) => {
  rmSync(folder, { recursive: true })
  await what()
  mkdirSync(folder)
}

test('a meter that cannot write goes on, and writes again once it can', async () => {
  vi.useFakeTimers()
  startMeter(folder, 2 ** 40, () => {})
  expect(readdirSync(folder)).toEqual([fileNames.usage])
  await without(() => void vi.advanceTimersByTime(3_000))
  vi.advanceTimersByTime(1_000)
  expect(readdirSync(folder)).toEqual([fileNames.usage])
})

test('a log that cannot be written leaves lines out, and says how many', async () => {
  const log = createOutputLog(folder, 'web', 100_000)
  const say = async (...lines: readonly string[]) => {
    for (const line of lines) log.say(line)
    await turn()
    await turn()
  }
  await say('one')
  await without(() => say('two', 'three'))
  await without(() => say('four'))
  await say('five')
  await say('six')
  const written = readFileSync(join(folder, fileNames.log), 'utf8').trim().split('\n')
  expect(written.map((line) => JSON.parse(line).text)).toEqual([
    '3 lines are missing: the disk was full',
    'five',
    'six',
  ])
})
