import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { judgeFile } from './moneyRun.ts'

const twice = 'export const twice = (one: number) => 2 * one'

const code = `
import { twice } from './twice.ts'

const seen: number[] = []
export const dozen = 3 * 4
export function larger(a: number, b: number): number {
  return twice(a) > twice(b) ? a : b
}
export function countTo(end: number): number {
  let count = 0
  while (count < end) count++
  return count
}
export function everSeen(one: number): boolean {
  if (one >= 0) seen.push(one)
  return seen.includes(one < 9 ? one : one)
}
export function stuck(stop: string): number {
  const end = stop === 'yes' ? 1 : 2
  for (;;) if (end === 1) return end
}
export const unused = (one: number) => one + 1
`

const tests = `
import { afterEach, describe, expect, test } from 'vitest'
import { countTo, dozen, everSeen, larger, stuck } from './code.ts'

let ran = 0
afterEach(() => { ran++ })
describe('numbers', () => {
  test('a dozen', () => expect(dozen).toBe(12))
  test.each([[1, 2, 2], [2, 1, 2]])('of %i and %i', (a, b, most) => expect(larger(a, b)).toBe(most))
})
test('counts', async () => {
  expect(ran).toBeGreaterThan(0)
  expect(countTo(3)).toBe(3)
})
test('ends', () => expect(stuck('yes')).toBe(1))
test('what was seen', () => {
  expect(everSeen(0)).toBe(true)
  expect(everSeen(-1)).toBe(false)
})
`

async function files(written: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-judge-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(written)) await writeFile(join(directory, name), text)
  return directory
}

test('tells which changes a test notices, which none does, and which never end', async () => {
  const directory = await files({
    'code.ts': code,
    'twice.ts': twice,
    'code.test.ts': tests,
    'other.test.ts': "import 'vitest'",
  })
  const found = await judgeFile(directory, 'code.ts', ['*.test.ts'], AbortSignal.timeout(110_000), 2)
  expect(found.tests).toEqual(['code.test.ts'])
  const of = (before: string, after: string) =>
    found.mutants.find((one) => one.before === before && one.after === after)
  expect(of('twice(a) > twice(b)', 'twice(a) <= twice(b)')).toMatchObject({
    line: 7,
    status: 'killed',
    by: 'numbers › of 1 and 2',
  })
  expect(of('twice(a) > twice(b)', 'twice(a) >= twice(b)')).toMatchObject({ status: 'survived' })
  // Worked out while the file is loaded.
  expect(of('3 * 4', '3 / 4')).toMatchObject({ status: 'killed', by: 'numbers › a dozen' })
  expect(of('one + 1', 'one - 1')).toMatchObject({ status: 'survived' })
  expect(of('count++', 'count--')).toMatchObject({ status: 'timeout' })
  // It never passes the change again: only the processor's time tells.
  expect(of("stop === 'yes'", 'false')).toMatchObject({ status: 'timeout' })
  // What one change left behind is not held against the next.
  expect(of('one >= 0', 'true')).toMatchObject({ status: 'killed' })
  expect(of('one < 9', 'true')).toMatchObject({ status: 'survived' })
  // A file that was loaded as it is before is changed all the same.
  const other = await judgeFile(directory, 'twice.ts', ['*.test.ts'], AbortSignal.timeout(110_000), 2)
  expect(other.mutants.map(({ after, status }) => [after, status])).toEqual([
    ['() => undefined', 'killed'],
    ['2 / one', 'killed'],
  ])
})

test('tests that fail without any change are no judge', async () => {
  const broken = "import { expect, test } from 'vitest'\nimport './code.ts'\ntest('is wrong', () => expect(1).toBe(2))"
  const directory = await files({ 'code.ts': twice, 'code.test.ts': broken })
  const judging = judgeFile(directory, 'code.ts', ['*.test.ts'], AbortSignal.timeout(110_000))
  await expect(judging).rejects.toThrow(/is wrong fails without any change/)
})
