import { TenderError, TimedOutError } from '@tender/protocol'

export type Lifecycle = {
  /** Aborts when the stop begins. Give it to everything that loops or waits. */
  readonly signal: AbortSignal
  /**
   * Starts a resource and remembers how to stop it.
   *
   * @throws what `start` throws, and a `cancelled` error once the stop has begun
   */
  start<T>(
    name: string,
    start: (signal: AbortSignal) => Promise<T> | T,
    stop: (resource: T) => Promise<void> | void,
  ): Promise<T>
  /**
   * Stops what was started, the latest first, each within the time limit; one that fails keeps no other from its turn.
   * Idempotent.
   *
   * @throws {TenderError} `stopFailed`, whose cause holds all failures
   */
  stop(): Promise<void>
}

/**
 * The parts of a daemon, started in order and stopped in the opposite order.
 *
 * @param options.stopTimeoutMs how long each resource may take to stop
 *
 * @example
 * const life = createLifecycle()
 * try {
 *   const chain = await life.start('chain', (signal) => startChain({ signal }), (chain) => chain.stop())
 *   await life.start('ingress', () => startIngress(chain.url), (ingress) => ingress.close())
 *   return { stop: life.stop }
 * } catch (error) {
 *   await life.stop()
 *   throw error
 * }
 */
export function createLifecycle({ stopTimeoutMs = 15_000 }: { stopTimeoutMs?: number } = {}): Lifecycle {
  const controller = new AbortController()
  const parts: { name: string; stop: () => Promise<void> }[] = []
  let stopping: Promise<void> | undefined

  return {
    signal: controller.signal,
    async start(name, start, stop) {
      controller.signal.throwIfAborted()
      const starting = (async () => start(controller.signal))()
      // Remembered before it has started, so that a stop in between waits for it and then stops it.
      const part = {
        name,
        stop: async () => {
          const [started] = await Promise.allSettled([starting])
          if (started.status === 'fulfilled') await stop(started.value)
        },
      }
      parts.push(part)
      try {
        return await starting
      } finally {
        controller.signal.throwIfAborted()
      }
    },
    stop() {
      stopping ??= (async () => {
        controller.abort(new TenderError('stopped', { code: 'stopped', class: 'cancelled' }))
        await stopAll(parts.toReversed(), stopTimeoutMs)
      })()
      return stopping
    },
  }
}

async function stopAll(parts: readonly { name: string; stop: () => Promise<void> }[], limitMs: number): Promise<void> {
  const failures: unknown[] = []
  for (const { name, stop } of parts) {
    try {
      await within(stop(), limitMs, `the stop of ${name}`)
    } catch (error) {
      failures.push(new TenderError(`${name} did not stop`, { code: 'stopFailed', class: 'internal', cause: error }))
    }
  }
  if (failures.length > 0) {
    throw new TenderError('not everything stopped', {
      code: 'stopFailed',
      class: 'internal',
      cause: new AggregateError(failures),
    })
  }
}

async function within(work: Promise<void>, limitMs: number, what: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timeout = setTimeout(() => reject(new TimedOutError(what, { limitMs })), limitMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timeout)
  }
}
