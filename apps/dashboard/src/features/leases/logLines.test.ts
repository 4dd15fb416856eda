import { expect, test } from 'vitest'
import { addLines, filterLines, joinLines, logFile, MAX_LINES } from './logLines.ts'

const line = (text: string, atMs = 0, service = 'web') => ({ atMs, service, stream: 'stdout' as const, text })

test('after a break only what is new is added', () => {
  const known = addLines([], [line('a'), line('b'), line('b')])
  const joined = joinLines(known, [line('b'), line('b'), line('b'), line('c')])
  expect(joined.map(({ text }) => text)).toEqual(['a', 'b', 'b', 'b', 'c'])
  expect(new Set(joined.map(({ id }) => id)).size).toBe(5)
})

test('old lines go once there are too many', () => {
  const many = Array.from({ length: MAX_LINES + 5 }, (_, index) => line(`${index}`, index))
  const kept = addLines([], many)
  expect(kept.length).toBe(MAX_LINES)
  expect(kept[0]?.text).toBe('5')
})

test('searching looks at text in any case, and at one service or all', () => {
  const lines = addLines([], [line('GET /'), line('get /x', 0, 'api'), line('error')])
  expect(filterLines(lines, { search: 'GET', service: '' }).length).toBe(2)
  expect(filterLines(lines, { search: 'get', service: 'api' }).map(({ text }) => text)).toEqual(['get /x'])
})

test('a file has time, service and stream, and no colours', () => {
  expect(logFile([line('\u001b[31mred\u001b[0m', 1_000)])).toBe('1970-01-01T00:00:01.000Z web stdout red\n')
})
