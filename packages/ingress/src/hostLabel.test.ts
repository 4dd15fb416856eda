import { expect, test } from 'vitest'
import { hostLabel } from './hostLabel.ts'

test('is the first 60 bits in base32', () => {
  expect(hostLabel(`0x${'00'.repeat(32)}`)).toBe('aaaaaaaaaaaa')
  expect(hostLabel(`0x${'ff'.repeat(32)}`)).toBe('777777777777')
  expect(hostLabel(`0x08${'00'.repeat(31)}`)).toBe('baaaaaaaaaaa')
})

test('depends on nothing behind the first 60 bits', () => {
  expect(hostLabel(`0x123456789abcde${'11'.repeat(25)}`)).toBe(hostLabel(`0x123456789abcde1f${'22'.repeat(24)}`))
})
