import { clockTime, endText, endWarning, nearness, roughly } from '@tender/tenant'
import { expect, test } from 'vitest'
import { paintedEnd } from './paintedEnd.ts'

const NOW = 1_800_000_000
const lease = (stop: number) => ({ name: 'shop', leaseId: `0x${'ab'.repeat(32)}`, stop })

test('an end is near from a day before it on, and nearer from an hour on', () => {
  const at = [-1, 0, 1, 3600, 3601, 86_400, 86_401].map(nearness)
  expect(at).toEqual(['over', 'over', 'hour', 'hour', 'day', 'day', 'far'])
})

test('times are told in two units, absolute and relative', () => {
  expect([roughly(93_784), roughly(59), roughly(3600), roughly(0)]).toEqual(['1d2h', '59s', '1h', '0s'])
  expect(endText(NOW + 7500, NOW)).toBe(`${clockTime(NOW + 7500)} (in 2h5m)`)
  expect(endText(NOW - 61, NOW)).toBe(`${clockTime(NOW - 61)} (1m1s ago)`)
  expect(clockTime(NOW)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/)
})

test('a warning says what to do, and colours say how near it is', () => {
  expect(endWarning(lease(NOW + 90_000), NOW)).toBeUndefined()
  expect(endWarning(lease(NOW + 600), NOW)).toContain('tender extend 0xabababab 2h')
  expect(endWarning(lease(NOW - 600), NOW)).toContain('tender lease show 0xabababab')
  const paint = (style: string, text: string) => `<${style}>${text}`
  expect(paintedEnd({ paint }, NOW + 600, NOW)).toMatch(/^<red>/)
  expect(paintedEnd({ paint }, NOW + 7200, NOW)).toMatch(/^<yellow>/)
  expect(paintedEnd({ paint }, NOW + 90_000, NOW)).not.toContain('<')
})
