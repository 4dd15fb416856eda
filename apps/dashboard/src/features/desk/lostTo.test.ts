import type { Match, ProviderDetail } from '@tender/api'
import { expect, test } from 'vitest'
import { lostTo } from './lostTo.ts'

// CAST: only what is looked at
const provider = {
  id: '1',
  capacity: [{ class: 'cu' }],
  prices: [{ source: 'availability', class: 'cu', asset: '0xa', price: 20n }],
} as unknown as ProviderDetail
// CAST: only what is looked at
const match = (by: string, price: bigint, more = {}) =>
  ({ provider: by, class: 'cu', asset: '0xa', price, ...more }) as unknown as Match

test('only what others won in own classes counts, with what the announced price says about it', () => {
  const lost = lostTo(provider, [
    match('1', 5n),
    match('2', 10n),
    match('2', 20n),
    match('3', 30n),
    match('2', 1n, { class: 'gpu' }),
  ])
  expect(lost.map(({ words }) => words)).toEqual([
    'you ask more',
    'you ask the same: level or time decided',
    'you ask less: level, terms or free units decided',
  ])
  expect(lostTo(provider, [match('2', 1n, { asset: '0xb' })])[0]?.words).toBe('you announce no price for it')
})
