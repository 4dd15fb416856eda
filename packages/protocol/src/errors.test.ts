import { expect, test } from 'vitest'
import {
  CorruptStateError,
  exitCode,
  type FailureClass,
  failureClass,
  failureTable,
  httpStatus,
  InsufficientFundsError,
  InvalidInputError,
  isRetryable,
  NoBidsError,
  TenderError,
  TimedOutError,
  UnreachableError,
} from './errors.ts'

test('retry, exit code and HTTP status follow from the class alone', () => {
  // CAST: an object's keys are its type's
  for (const name of Object.keys(failureTable) as FailureClass[]) {
    const error = new TenderError('x', { code: 'x', class: name })
    const { retryable, exitCode: code, httpStatus: status } = failureTable[name]
    expect([isRetryable(error), exitCode(error), httpStatus(error)]).toEqual([retryable, code, status])
  }
  const codes = Object.values(failureTable).map((row) => row.exitCode)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes).not.toContain(0)
})

test('strangers are bugs, but for aborts and time-outs', () => {
  expect(failureClass(new Error('x'))).toBe('internal')
  expect(failureClass('x')).toBe('internal')
  expect(failureClass(new DOMException('x', 'AbortError'))).toBe('cancelled')
  expect(failureClass(new DOMException('x', 'TimeoutError'))).toBe('network')
})

test('an error keeps its cause, its name and its facts', () => {
  const cause = new Error('below')
  const error = new UnreachableError('the chain is down', { cause, hint: 'Start it.', data: { url: 'u' } })
  expect(error).toMatchObject({
    name: 'UnreachableError',
    cause,
    code: 'unreachable',
    hint: 'Start it.',
    data: { url: 'u' },
  })
  expect(error).toBeInstanceOf(TenderError)
  expect(new TimedOutError('the peer', { limitMs: 50 })).toMatchObject({ class: 'network', data: { limitMs: 50 } })
  expect(new CorruptStateError('/x/leases.db', { hint: 'Move it away.' })).toMatchObject({
    data: { file: '/x/leases.db' },
  })
})

test('missing funds are told to the unit', () => {
  const error = new InsufficientFundsError('too little', { needed: 5n, available: 3n, code: 'insufficientBalance' })
  expect(error).toMatchObject({ code: 'insufficientBalance', class: 'funds', missing: 2n, data: { missing: 2n } })
})

test('no bids come with each reason, bad input with each place', () => {
  const reasons = [{ provider: '1', reason: 'full' }]
  expect(new NoBidsError('nobody bid', reasons).data).toEqual({ reasons })
  const issues = [{ message: 'is wrong', path: 'a.b', file: 'f', line: 2, column: 3 }, { message: 'is odd' }]
  expect(new InvalidInputError('bad', issues).message).toBe('bad\n  f:2:3 a.b: is wrong\n  is odd')
})
