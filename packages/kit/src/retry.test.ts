import { InvalidInputError, TenderError, UnreachableError } from '@tender/protocol'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { retry, retryDelayMs } from './retry.ts'

const unreachable = new UnreachableError('the chain does not answer')
const quick = { signal: new AbortController().signal, firstDelayMs: 1 }

describe('retry', () => {
  test('goes on while the failure may pass, then gives the result', async () => {
    const onRetry = vi.fn()
    const action = vi.fn(async (attempt: number) => {
      if (attempt < 3) throw unreachable
      return attempt
    })
    expect(await retry(action, { ...quick, onRetry })).toBe(3)
    expect(onRetry.mock.calls.map(([failure]) => failure)).toEqual([
      { error: unreachable, attempt: 1, delayMs: expect.any(Number) },
      { error: unreachable, attempt: 2, delayMs: expect.any(Number) },
    ])
  })

  test('throws the last failure when the attempts are used up', async () => {
    const action = vi.fn().mockRejectedValue(unreachable)
    await expect(retry(action, { ...quick, attempts: 3 })).rejects.toBe(unreachable)
    expect(action).toHaveBeenCalledTimes(3)
  })

  test.each([
    new InvalidInputError('wrong', []),
    new TenderError('reverted', { code: 'reverted', class: 'chain' }),
    new TypeError('a bug'),
  ])('does not repeat what will fail again: %s', async (error) => {
    const action = vi.fn().mockRejectedValue(error)
    await expect(retry(action, quick)).rejects.toBe(error)
    expect(action).toHaveBeenCalledTimes(1)
  })

  test('ends a wait when aborted, with the reason given', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const options = { signal: controller.signal, firstDelayMs: 3_600_000, onRetry: () => controller.abort(reason) }
    await expect(retry(() => Promise.reject(unreachable), { ...options, maxDelayMs: 3_600_000 })).rejects.toBe(reason)
  })

  test('does not begin when aborted already', async () => {
    const action = vi.fn()
    await expect(retry(action, { ...quick, signal: AbortSignal.abort(unreachable) })).rejects.toBe(unreachable)
    expect(action).not.toHaveBeenCalled()
  })
})

test('waits double from half the limit up, and never more than the most', () => {
  const options = { firstDelayMs: 100, maxDelayMs: 1_000 }
  expect([1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, options, 0))).toEqual([50, 100, 200, 400, 500, 500])
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, chance) => {
        const delayMs = retryDelayMs(attempt, options, chance)
        return delayMs >= 50 && delayMs <= 1_000
      },
    ),
  )
})
