import { readableKeys } from '@tender/protocol'
import { expect, test } from 'vitest'
import { composeOptionsAt } from './composeOptions.ts'
import { tenderWords } from './composeWords.ts'

function options(text: string, classes: string[] = []): string[] {
  const offset = text.indexOf('|')
  return composeOptionsAt(text.replace('|', ''), offset, classes).options.map(({ label }) => label)
}

test('every key of x-tender has words, and none that is not read', () => {
  expect(Object.keys(tenderWords).sort()).toEqual([...readableKeys(['x-tender'], 'docker')].sort())
})

test('keys are those that are read for this kind of workload, less those that stand there', () => {
  expect(options('services:\n  web:\n    image: ./a.tar\n    |')).toContain('healthcheck')
  expect(options('services:\n  web:\n    image: ./a.tar\n    |')).not.toContain('image')
  expect(options('services:\n  web:\n    platform: wasi/wasm\n    |')).not.toContain('healthcheck')
  expect(options('services:\n  web:\n    environment:\n      |')).toEqual([])
})

test('values: the market says which classes there are', () => {
  expect(options('x-tender:\n  tier: |')).toEqual(['interruptible', 'standard', 'premium'])
  expect(options('x-tender:\n  resource: |', ['cu', 'cu.tee'])).toEqual(['cu', 'cu.tee'])
})
