/**
 * Resolves after `ms`; rejects with the signal's reason as soon as it aborts. `ref: false`: a process may end meanwhile. In pages as
 * in Node, unlike `node:timers/promises`.
 */
export function delay(ms: number, signal: AbortSignal, { ref = true }: { ref?: boolean } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const aborted = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', aborted)
      resolve()
    }, ms)
    // A page's timer is a number.
    const held: { unref?(): unknown } | number = timer
    if (!ref && typeof held === 'object') held.unref?.()
    signal.addEventListener('abort', aborted, { once: true })
  })
}
