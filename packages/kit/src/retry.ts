import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable } from '@tender/protocol'

export type RetryOptions = {
  signal: AbortSignal
  /** Calls in all, the first included. `Infinity` goes on until aborted. @default 5 */
  attempts?: number
  /** Longest wait before the second call; doubles with each further call. @default 200 */
  firstDelayMs?: number
  /** No wait is longer. @default 10_000 */
  maxDelayMs?: number
  /** Told before each wait. */
  onRetry?: (failure: { error: unknown; attempt: number; delayMs: number }) => void
}

/**
 * Calls `action` until it succeeds, as long as what it throws may pass by itself: `isRetryable` says so by the error's
 * class. Waits longer each time, by chance between half and all of the limit, so that many callers do not return at once.
 *
 * @throws the last error; with `signal` aborted, the signal's reason
 *
 * @example
 * const head = await retry(() => client.getBlockNumber(), { signal, onRetry: (failure) => log.warn(failure, 'chain') })
 */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, attempts = 5, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await action(attempt)
    } catch (error) {
      signal.throwIfAborted()
      if (attempt >= attempts || !isRetryable(error)) throw error
      const delayMs = retryDelayMs(attempt, options, Math.random())
      onRetry?.({ error, attempt, delayMs })
      await pause(delayMs, signal)
    }
  }
}

/** The wait after the `attempt`th call (from 1), for a `chance` in [0, 1). */
export function retryDelayMs(
  attempt: number,
  { firstDelayMs = 200, maxDelayMs = 10_000 }: Pick<RetryOptions, 'firstDelayMs' | 'maxDelayMs'>,
  chance: number,
): number {
  const limitMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1))
  return Math.round(limitMs * (0.5 + chance / 2))
}

/** Rejects with the signal's own reason, where Node's timer would wrap it. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
