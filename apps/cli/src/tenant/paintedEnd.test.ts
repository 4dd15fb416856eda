import { expect, test } from 'vitest'
import { paintedEnd } from './paintedEnd.ts'

const NOW = 1_800_000_000

test('colours say how near an end is', () => {
  const paint = (style: string, text: string) => `<${style}>${text}`
  expect(paintedEnd({ paint }, NOW + 600, NOW)).toMatch(/^<red>/)
  expect(paintedEnd({ paint }, NOW + 7200, NOW)).toMatch(/^<yellow>/)
  expect(paintedEnd({ paint }, NOW + 90_000, NOW)).not.toContain('<')
})
