import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createLogFile } from './createLogFile.ts'
import { createLog } from './log.ts'

const dir = mkdtempSync(join(tmpdir(), 'tender-log-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function write(from: number, count: number) {
  const stream = createLogFile(join(dir, 'x.log'), 4_000)
  const log = createLog({ name: 'x', stream })
  for (let number = from; number < from + count; number++) log.info({ number }, 'line')
  await new Promise<void>((resolve) => void stream.end(() => resolve()))
}

test('goes on with its file, keeps the newest lines whole and in order, and no more than three files', async () => {
  await write(0, 3)
  await write(3, 3)
  expect(readdirSync(dir)).toEqual(['x.log'])
  await write(6, 500)
  expect(readdirSync(dir).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2'])
  const text = ['x.log.2', 'x.log.1', 'x.log'].map((name) => readFileSync(join(dir, name), 'utf8')).join('')
  const numbers = text
    .trim()
    .split('\n')
    .map((line): number => JSON.parse(line).number)
  const first = numbers[0] ?? 0
  expect(first).toBeGreaterThan(300)
  expect(numbers).toEqual(Array.from({ length: 506 - first }, (_, index) => first + index))
})
