import { TenderError } from '@tender/protocol/errors'
import { describe, expect, test } from 'vitest'
import { describeError, isOutdated, worthRetrying } from './describeError.ts'

describe('describeError', () => {
  test('makes a sentence of a message, and keeps the hint', () => {
    const error = new TenderError('the balance is 3 USDC', { code: 'x', class: 'funds', hint: 'Deposit more.' })
    expect(describeError(error)).toEqual({ message: 'The balance is 3 USDC.', hint: 'Deposit more.' })
  })

  test('has words for what is no error of ours', () => {
    expect(describeError(new Error('Is it you?'))).toEqual({ message: 'Is it you?' })
    expect(describeError('boom').message).toMatch(/no name/)
    expect(describeError(new DOMException('stop', 'AbortError'))).toEqual({ message: 'It was cancelled.' })
  })

  test('says that a page whose parts are gone is to be loaded again', () => {
    const gone = new TypeError(
      'Failed to fetch dynamically imported module: http://127.0.0.1/assets/Terminal-a1b2c3d4.js',
    )
    expect(describeError(gone).hint).toMatch(/Load it again/)
    expect([gone, new Error('Unable to preload CSS for /assets/x.css'), new Error('other')].map(isOutdated)).toEqual([
      true,
      true,
      false,
    ])
  })
})

test('only what may pass is tried again', () => {
  const of = (kind: 'network' | 'limit' | 'user' | 'notFound') => new TenderError('x', { code: 'x', class: kind })
  expect([of('network'), of('limit'), of('user'), of('notFound')].map(worthRetrying)).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(worthRetrying(new Error('bug'))).toBe(false)
})
