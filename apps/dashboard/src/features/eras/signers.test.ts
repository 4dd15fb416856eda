import type { Monitor } from '@tender/api'
import { expect, test } from 'vitest'
import { signerRows, weightAt } from './signers.ts'

const address = (digit: number): `0x${string}` => `0x${String(digit).repeat(40)}`
const monitor = (digit: number, weight: number, joinedAt: number): Monitor => ({
  key: address(digit),
  index: digit,
  active: weight > 0,
  weight,
  nextWeight: weight,
  nextFrom: null,
  addresses: [],
  joinedAt,
  signed: 0,
  missed: 0,
  slashed: 0n,
  paid: [],
  tx: `0x${'0'.repeat(64)}`,
  block: 1,
})

test('tells who signed, and who could have and did not', () => {
  const era = {
    postedAt: 100,
    signers: [
      { monitor: address(1), weight: 5 },
      { monitor: address(2), weight: 9 },
    ],
  }
  const monitors = [monitor(1, 50, 0), monitor(2, 9, 0), monitor(3, 4, 0), monitor(4, 4, 200), monitor(5, 0, 0)]
  expect(signerRows(era, monitors, { genesis: 0, eraSeconds: 10 })).toEqual([
    { monitor: address(2), weight: 9, signed: true },
    { monitor: address(1), weight: 5, signed: true },
    { monitor: address(3), weight: 4, signed: false },
  ])
})

test('a weight that was changed counts from its era on', () => {
  const timing = { genesis: 1_000, eraSeconds: 30 }
  const change = { weight: 0, nextWeight: 700, nextFrom: 2 }
  expect(weightAt(change, 1_059, timing)).toBe(0)
  expect(weightAt(change, 1_060, timing)).toBe(700)
  expect(weightAt({ ...change, weight: 5, nextFrom: null }, 9_999, timing)).toBe(5)
})
