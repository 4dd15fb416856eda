import { expect, test } from 'vitest'
import { bytes32, silent, termsOf } from '../testKit.ts'
import { createEndWarnings } from './endWarnings.ts'
import type { LeaseRecord } from './leaseRecord.ts'

const day = 86_400
const chain = {
  start: 0,
  stop: 3 * day,
  endsEarly: false,
  settledUntil: 0,
  secondsPaid: 0,
  startWindowSeconds: 60,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: false,
  released: false,
}
const record: LeaseRecord = { version: 1, leaseId: bytes32(9), terms: termsOf(), phase: 'running', chain }

test('a day and an hour before its end it is said once, and again when the end was put off', () => {
  const said: number[] = []
  const log = Object.assign(Object.create(silent), {
    warn: ({ leftSeconds }: { leftSeconds: number }) => void said.push(leftSeconds),
  })
  const warnings = createEndWarnings(log)
  for (const now of [0, 2 * day - 1, 2 * day, 2 * day + 1, 3 * day - 3_600, 3 * day - 10, 3 * day]) {
    warnings.look(record, now)
  }
  expect(said).toEqual([day, 3_600])

  warnings.look({ ...record, chain: { ...chain, stop: 6 * day } }, 3 * day)
  warnings.look({ ...record, chain: { ...chain, stop: 6 * day } }, 5 * day + 5)
  expect(said).toEqual([day, 3_600, day - 5])
})

test('of a lease that is shorter than that nothing is said', () => {
  const log = Object.assign(Object.create(silent), { warn: () => expect.fail('said') })
  createEndWarnings(log).look({ ...record, chain: { ...chain, stop: 3_600 } }, 1)
})
