import { reasonCodes } from '@tender/protocol'
import type { JobEnd, JobEvent } from '@tender/sdk'
import { type Address, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { endWords, outcomeFrom } from './jobOutcome.ts'

const { closedByTenant, jobAccepted, jobExpired, jobVerdict } = reasonCodes
const story = (...types: JobEvent['type'][]) => types.map((type) => ({ type }))

test('an end is told by what happened before it', () => {
  const begun = story('JobBegun', 'JobProgressed')
  const submitted = [...begun, ...story('JobSubmitted')]
  expect(endWords(jobExpired, [])).toBe('its provider did not begin it')
  expect(endWords(jobExpired, begun)).toBe('the result was not there by the deadline')
  expect(endWords(jobExpired, [...submitted, ...story('JobReanchored')])).toBe('nobody drew validators in time')
  const split = [...submitted, ...story('JobDrawn', 'JobRecalled', 'JobDrawn', 'JobSplit')]
  expect(endWords(jobExpired, split)).toBe('the validators came to no verdict, so the price was split')
  expect(endWords(closedByTenant, begun)).toBe('the tenant cancelled it')
  expect(endWords(jobAccepted, submitted)).toBe('the tenant accepted the result')
  expect(endWords(jobVerdict, submitted)).toBe('the validators decided')
})

const tenant: Address = `0x${'11'.repeat(20)}`
const lease = { leaseId: zeroHash, terms: { rate: 100_001n, tenant }, order: { duration: 1_800 } }
const end = (reason: number): JobEnd => ({
  ...{ transaction: zeroHash, reason, paid: 30_000n, fee: 1_000n, refunded: 19_001n, penalty: 7n },
  given: [
    { to: `0x${'22'.repeat(20)}`, amount: 300n },
    { to: tenant, amount: 4_000n },
    { to: `0x${'33'.repeat(20)}`, amount: 200n },
  ],
})

test('an end says where the price and the validators’ fee went', () => {
  expect(outcomeFrom(lease, end(jobAccepted), [])).toEqual({
    ...{ leaseId: zeroHash, reason: 'the tenant accepted the result', price: 50_001n },
    ...{ paid: 31_000n, refunded: 19_001n, verifying: 500n, penalty: 7n, passed: undefined },
  })
})

test('the last verdict counts', () => {
  // CAST: nothing else of an event is looked at
  const judged = [false, false, true].map((passed) => ({ type: 'JobJudged', args: { passed } }) as JobEvent)
  const other = { type: 'JobBegun', args: {} } as JobEvent
  expect(outcomeFrom(lease, end(jobVerdict), [other, ...judged, other]).passed).toBe(true)
  expect(outcomeFrom(lease, end(jobVerdict), [...judged].reverse()).passed).toBe(false)
})
