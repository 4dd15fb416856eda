import { expect, test } from 'vitest'
import { taskNumbers } from './taskNumbers.ts'

const even = (task: number) => task % 2 === 0 && task < 100

test('task numbers are read as people write them', () => {
  expect(taskNumbers('4, 18', even)).toEqual({ tasks: [4, 18] })
  expect(taskNumbers('4 18,,4', even)).toEqual({ tasks: [4, 18] })
})

test.each([
  ['', 'Name one task at least.'],
  ['4;6', 'Write numbers, like 3, 17.'],
  ['-2', 'Write numbers, like 3, 17.'],
  ['3', 'Task 3 is not one of this part.'],
  ['200', 'Task 200 is not one of this part.'],
  [Array.from({ length: 17 }, (_, n) => 2 * n).join(','), 'At most 16 tasks can be named.'],
])('%j is refused: %s', (written, error) => {
  expect(taskNumbers(written, even)).toEqual({ error })
})
