import { expect, test } from 'vitest'
import { readCompose } from './composeIssues.ts'
import { templates } from './templates.ts'

test('every example of the repository is in the gallery, and can be used as it stands', () => {
  expect(templates.map(({ id }) => id).sort()).toEqual(['hello', 'image', 'shop'])
  for (const { compose, summary } of templates) {
    expect(readCompose(compose).issues).toEqual([])
    expect(summary).toMatch(/^[A-Z].*\.$/)
  }
})

test('modules come with their example', () => {
  const hello = templates.find(({ id }) => id === 'hello')
  expect(Object.keys(hello?.files ?? {})).toEqual(['./hello.wasm'])
})
