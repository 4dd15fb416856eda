import { expect, test } from 'vitest'
import { formatCell, formatTable } from './formatTable.ts'

test('numbers have the digits of their column, or none if they are whole', () => {
  expect(formatCell(1_234_567, {})).toBe('1,234,567')
  expect(formatCell(1.236, {})).toBe('1.24')
  expect(formatCell(1, { digits: 1 })).toBe('1.0')
  expect(formatCell(null, {})).toBe('')
})

test('numbers stand to the right, text to the left, and a note comes last', () => {
  const table = {
    title: 'Gas',
    columns: [
      { key: 'what', label: 'what' },
      { key: 'cost', label: 'cost', unit: 'ms' },
    ],
    rows: [
      { what: 'a match', cost: 12_000 },
      { what: 'none', cost: null },
    ],
    note: 'of one run',
  }
  expect(formatTable(table).split('\n')).toEqual([
    'Gas',
    '',
    'what     cost (ms)',
    'a match     12,000',
    'none',
    '',
    'of one run',
  ])
})
