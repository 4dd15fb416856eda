import { expect, test } from 'vitest'
import { earningsRows } from './earningsRows.ts'

const item = (from: number, asset: string, paid: bigint) => ({
  from,
  asset,
  paid,
  fee: paid / 100n,
  settlements: 1,
  leases: 1,
})

test('intervals stand once, in their order, with what came in of each asset, less the fee', () => {
  // CAST: addresses are looked up only
  const items = [item(20, '0xa', 2_000_000n), item(10, '0xa', 1_000_000n), item(10, '0xb', 500n)] as Parameters<
    typeof earningsRows
  >[0]['items']
  expect(
    earningsRows({ items }, [
      { address: '0xa', decimals: 6 },
      { address: '0xb', decimals: 2 },
    ]),
  ).toEqual([
    { from: 10, '0xa': 0.99, '0xb': 4.95 },
    { from: 20, '0xa': 1.98 },
  ])
})
