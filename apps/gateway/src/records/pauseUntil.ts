/** Waits for a call of what `onWake` is given, for the signal, or for as long as told. */
export async function pauseUntil(
  signal: AbortSignal,
  onWake: (wake: () => void) => void,
  limitMs?: number | undefined,
): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs)
  signal.addEventListener('abort', end, { once: true })
  onWake(end)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}
