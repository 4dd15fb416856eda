import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks one after the other until one gives what is wanted, and does not wait for who is slow: after `patienceMs` the next one is
 * asked as well. Whoever is still being asked in the end is told by the signal.
 *
 * @param ask never rejects. @returns whether it gave it
 */
export async function askInTurn<Source>(
  sources: readonly Source[],
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
  ask: (source: Source, signal: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  const ended = new AbortController()
  const asking = AbortSignal.any([signal, ended.signal])
  const given = Promise.withResolvers<true>()
  const all: Promise<void>[] = []
  async function askAll(): Promise<false> {
    for (const source of sources) {
      if (asking.aborted) break
      const one = ask(source, asking).then((gave) => void (gave && given.resolve(true)))
      all.push(one)
      await Promise.race([one, sleep(patienceMs, undefined, { signal: asking }).catch(() => {})])
    }
    await Promise.all(all)
    return false
  }
  try {
    return await Promise.race([given.promise, askAll()])
  } finally {
    ended.abort()
  }
}
