import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellWords } from './shellWords.ts'

test.each([
  ['', []],
  ['  a  b\tc\n', ['a', 'b', 'c']],
  [`'a b' "c d"`, ['a b', 'c d']],
  [`a'b'"c"d`, ['abcd']],
  [`''`, ['']],
  [`"a \\" b" 'c \\ d' e\\ f`, ['a " b', 'c \\ d', 'e f']],
  [`"\\n"`, ['\\n']],
])('%j', (line, words) => expect(shellWords(line)).toEqual(words))

test.each([`'a`, `"a`, 'a\\', `a "b' c`])('%j is left open', (line) => expect(shellWords(line)).toBeUndefined())

test('quoted words come back', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
      expect(shellWords(line)).toEqual(words)
    }),
  )
})
