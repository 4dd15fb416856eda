import { expect, test } from 'vitest'
import { yamlPlaceAt } from './yamlPlace.ts'

/** The place of the bar in a text. */
function at(text: string) {
  return yamlPlaceAt(text.replace('|', ''), text.indexOf('|'))
}

test('a key at the top', () => {
  expect(at('services:\n  web:\n    image: a\nx-|')).toEqual({ path: [], word: 'x-', siblings: ['services'] })
})

test('a key of a service, with those that are there already', () => {
  expect(at('services:\n  web:\n    image: ./a.wasm\n    po|\n    deploy:\n      x: 1\n')).toEqual({
    path: ['services', 'web'],
    word: 'po',
    siblings: ['image', 'deploy'],
  })
})

test('a key below a key, over comments and empty lines', () => {
  expect(at('services:\n  web:\n    deploy:\n      # limits\n\n      resources:\n        |').path).toEqual([
    'services',
    'web',
    'deploy',
    'resources',
  ])
})

test('the value of a key', () => {
  expect(at('x-tender:\n  tier: sta|')).toMatchObject({ path: ['x-tender'], key: 'tier', word: 'sta' })
})

test('keys of an item of a list', () => {
  expect(at('services:\n  web:\n    volumes:\n      - type: volume\n        so|').path).toEqual([
    'services',
    'web',
    'volumes',
    0,
  ])
  expect(at('services:\n  web:\n    volumes:\n      - ty|').path).toEqual(['services', 'web', 'volumes', 0])
})

test('an unfinished text still has places', () => {
  expect(at('|').path).toEqual([])
  expect(at('services:\n  web:\n    image: [\n    |').path).toEqual(['services', 'web'])
})
