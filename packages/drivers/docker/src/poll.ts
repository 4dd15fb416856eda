import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks `look` every `everyMs` until it answers something.
 *
 * @throws the signal's reason
 */
export async function poll<T>(
  look: () => T | undefined | Promise<T | undefined>,
  everyMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const found = await look()
    if (found !== undefined) return found
    // An abort ends the wait early; the loop then throws its reason.
    await delay(everyMs, undefined, { signal }).catch(() => {})
  }
}
