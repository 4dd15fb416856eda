import { expect, test } from 'vitest'
import { clockTime, endText, endWarning, exactTime, nearness, roughly } from './timeLeft.ts'

const NOW = 1_800_000_000
const lease = (stop: number) => ({ name: 'shop', leaseId: `0x${'ab'.repeat(32)}`, stop })

test('an end is near from a day before it on, and nearer from an hour on', () => {
  const at = [-1, 0, 1, 3600, 3601, 86_400, 86_401].map(nearness)
  expect(at).toEqual(['over', 'over', 'hour', 'hour', 'day', 'day', 'far'])
})

test('times are told in two units, absolute and relative', () => {
  expect([roughly(93_784), roughly(1_200), roughly(59), roughly(3600), roughly(0)]).toEqual([
    ...['1d2h', '20m', '59s', '1h', '0s'],
  ])
  expect(endText(NOW + 7500, NOW)).toBe(`${clockTime(NOW + 7500)} (in 2h5m)`)
  expect(endText(NOW - 61, NOW)).toBe(`${clockTime(NOW - 61)} (1m1s ago)`)
  expect(endText(NOW, NOW)).toBe(`${clockTime(NOW)} (0s ago)`)
})

test('a time is that of this machine’s clock, to the minute or to the second', () => {
  const at = new Date(2026, 10, 1, 8, 5, 9).getTime() / 1000
  expect(clockTime(at)).toBe('2026-11-01 08:05')
  expect(exactTime(at)).toBe('2026-11-01 08:05:09')
})

test('a warning says what to do', () => {
  expect(endWarning(lease(NOW + 90_000), NOW)).toBeUndefined()
  expect(endWarning(lease(NOW + 7200), NOW)).toContain('tender extend 0xabababab 2h')
  expect(endWarning(lease(NOW + 600), NOW)).toContain('tender extend 0xabababab 2h')
  expect(endWarning(lease(NOW - 600), NOW)).toContain('tender lease show 0xabababab')
})
