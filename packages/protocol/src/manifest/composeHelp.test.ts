import { expect, test } from 'vitest'
import { readableKeys } from './composeHelp.ts'

test('what is offered while a file is written is what is read', () => {
  expect(readableKeys([], 'wasm')).toContain('x-tender')
  expect(readableKeys(['services', 'web'], 'docker')).toContain('healthcheck')
  expect(readableKeys(['services', 'web'], 'wasm')).not.toContain('healthcheck')
  expect(readableKeys(['x-tender'], 'docker')).toContain('max-price')
  expect(readableKeys(['services', 'web', 'environment'], 'docker')).toEqual([])
})
