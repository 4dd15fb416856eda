import { expect, test } from 'vitest'
import { address, openTestStore } from '../testKit.ts'
import { createEarnings, dayEarningsSchema } from './earnings.ts'

test('what was earned is summed by day and asset, the newest first', () => {
  const earnings = createEarnings(openTestStore().collection('earnings', dayEarningsSchema))
  const noon = Date.UTC(2026, 10, 21, 12) / 1000
  earnings.add(address(3), 5n, noon)
  earnings.add(address(3), 7n, noon + 43_199)
  earnings.add(address(4), 1n, noon)
  earnings.add(address(3), 9n, noon + 43_200)
  earnings.add(address(3), -2n, noon + 43_200)
  expect(earnings.recent(2)).toEqual([
    { day: '2026-11-22', asset: address(3), amount: 7n },
    { day: '2026-11-21', asset: address(4), amount: 1n },
    { day: '2026-11-21', asset: address(3), amount: 12n },
  ])
  expect(earnings.recent(1).map(({ day }) => day)).toEqual(['2026-11-22'])
})
