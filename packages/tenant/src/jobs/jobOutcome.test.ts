import { reasonCodes } from '@tender/protocol'
import type { JobEvent } from '@tender/sdk'
import { expect, test } from 'vitest'
import { endWords } from './jobOutcome.ts'

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
