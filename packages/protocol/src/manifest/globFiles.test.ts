import { expect, test } from 'vitest'
import { globFiles } from './globFiles.ts'

const paths = ['a', 'ab', 'a/b', 'a/b/c.json', 'a/c.json', 'c.json', '𝒳.json']

test.each([
  ['*', ['a', 'ab', 'c.json', '𝒳.json']],
  ['?', ['a']],
  ['?.json', ['c.json', '𝒳.json']],
  ['*b', ['ab']],
  ['a/*.json', ['a/c.json']],
  ['**/*.json', ['a/b/c.json', 'a/c.json', 'c.json', '𝒳.json']],
  ['a/**', ['a/b', 'a/b/c.json', 'a/c.json']],
  ['a/**/c.json', ['a/b/c.json', 'a/c.json']],
  ['**', paths],
  ['a/b**c', []],
  ['a.*', []],
])('%s', (pattern, found) => {
  expect(globFiles(pattern, paths)).toEqual(found.toSorted())
})

// Found by fuzzing: as a regular expression this took longer than anybody waits.
test('a pattern of many stars takes no longer than others', () => {
  const pattern = `${'*a'.repeat(400)}b`
  expect(globFiles(pattern, ['a'.repeat(1000), `${'a'.repeat(1000)}b`])).toEqual([`${'a'.repeat(1000)}b`])
  expect(globFiles('**/'.repeat(300), ['a/'.repeat(500)])).toEqual(['a/'.repeat(500)])
})
