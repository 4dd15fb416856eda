import { randomBytes, randomInt } from 'node:crypto'
import { type CapacityTask, capacityTag, MAX_TASK_UNITS } from '@tender/network'
import type { CapacityCheck, Dialable } from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'

/** Gives a provider a task, see `askCapacity`. */
export type AskCapacity = (
  contact: Dialable,
  task: CapacityTask,
  options: { timeoutMs: number; signal: AbortSignal },
) => Promise<readonly Hex[]>

export type Trial = {
  provider: bigint
  resource: Hex
  /** Units that are committed and not leased: those of leases are never tried. */
  freeUnits: number
  /** The moment, unix seconds. */
  at: number
  contact: Dialable
  settings: { memoryKibPerUnit: number; passes: number; deadlineMs: number; samples: number }
}

/**
 * Gives a provider a memory-hard task for every free unit of a class, all at once, and works some of the answers out again, by
 * chance. One that is wrong is a lie about all.
 *
 * @throws what `ask` throws if it did not answer at all, or `signal` aborts
 */
export async function tryProvider(ask: AskCapacity, trial: Trial, signal: AbortSignal): Promise<CapacityCheck> {
  const { provider, resource, at, contact, settings } = trial
  const units = Math.min(trial.freeUnits, MAX_TASK_UNITS)
  const { memoryKibPerUnit: memoryKib, passes, deadlineMs: timeoutMs } = settings
  const task = { nonce: bytesToHex(randomBytes(32)), resource, units, memoryKib, passes }
  const tags = await ask(contact, task, { timeoutMs, signal })
  const right = await unlessAborted(areRight(task, provider, tags, settings.samples, signal), signal)
  return { provider, resource, at, units, proven: right ? tags.length : 0 }
}

/** The unit that is worked on when `signal` aborts is worked on to its end, which may take a while: nobody waits for that. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort))
}

async function areRight(
  task: CapacityTask,
  provider: bigint,
  tags: readonly Hex[],
  samples: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { nonce, resource, memoryKib, passes } = task
  for (const unit of sampleOf(tags.length, samples)) {
    signal.throwIfAborted()
    // One after the other: a monitor has less memory than what it tries.
    const tag = await capacityTag({ task: { nonce, resource, memoryKib, passes }, provider, unit })
    if (tag !== tags[unit]) return false
  }
  return true
}

/** Distinct numbers below `count`, by chance. */
function sampleOf(count: number, samples: number): number[] {
  const left = Array.from({ length: count }, (_, unit) => unit)
  return Array.from({ length: Math.min(samples, count) }, () => left.splice(randomInt(left.length), 1)).flat()
}
