import type { LeaseId } from '@tender/driver'
import { LABELS } from './containers.ts'
import type { Engine } from './engine.ts'

/** Tells that something happened to a lease's containers. */
export type LeaseWatch = {
  /** Resolves at the next event since the last call, but after `limitMs` in any case, or when the signal is aborted. */
  next(limitMs: number): Promise<void>
  close(): void
}

/** What can end a workload; healthchecks make many more. */
const EVENTS = ['die', 'oom', 'stop', 'destroy', 'start']

/**
 * Listens to the engine's events about a lease. An engine that tells none, or no more, is made up for by the limit of `next`.
 *
 * @example
 * const watch = await watchLease(engine, leaseId, signal)
 * try { while (!isOver()) await watch.next(1_000) } finally { watch.close() }
 */
export async function watchLease({ streams }: Engine, leaseId: LeaseId, signal: AbortSignal): Promise<LeaseWatch> {
  const own = new AbortController()
  const filters = JSON.stringify({ type: ['container'], event: EVENTS, label: [`${LABELS.lease}=${leaseId}`] })
  let happened = Promise.withResolvers<void>()
  const wake = () => happened.resolve()
  const abortSignal = AbortSignal.any([signal, own.signal])
  abortSignal.addEventListener('abort', wake, { once: true })
  const events = await streams.getEvents({ filters, abortSignal }).catch(() => undefined)
  // A failed stream is no news: whoever waits looks at the engine anyway, and is told by it.
  events?.on('data', wake).on('error', () => {})
  return {
    next: async (limitMs) => {
      const timer = setTimeout(wake, limitMs)
      await happened.promise
      clearTimeout(timer)
      if (!abortSignal.aborted) happened = Promise.withResolvers()
    },
    close: () => {
      abortSignal.removeEventListener('abort', wake)
      own.abort()
    },
  }
}
