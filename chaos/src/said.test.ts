import { expect, test } from 'vitest'
import { inOneLine, saidIn } from './said.ts'

const failure = { error: { class: 'network', code: 'rpcUnreachable', message: 'http://x does not answer' } }

test('of lines of a log and an error after them the error is what was said', () => {
  const log = '{"level":"info","message":"up"}\n{"level":"warn","message":"late"}\n'
  expect(saidIn(`${log}${JSON.stringify(failure, null, 2)}\n`)).toEqual(failure)
  expect(saidIn(JSON.stringify(failure))).toEqual(failure)
})

test('words that are no JSON are said as they are, the last of them', () => {
  expect(saidIn(`  oh no\n    at main\n`)).toBe('oh no\n    at main')
  expect(saidIn(`${'x'.repeat(5_000)}end`)).toHaveLength(4_000)
  expect(saidIn('{"cut": ')).toBe('{"cut":')
})

test('in one line: code and message of an error, the last words of anything else', () => {
  expect(inOneLine(failure)).toBe('rpcUnreachable: http://x does not answer')
  expect(inOneLine('oh no\n    at main')).toBe('oh no at main')
  expect(inOneLine({ level: 'info' })).toBe('{"level":"info"}')
  expect(inOneLine('')).toBe('without a word')
  expect(inOneLine(undefined)).toBe('without a word')
  expect(inOneLine(`${'x'.repeat(500)}end`)).toMatch(/^x{397}end$/)
})
