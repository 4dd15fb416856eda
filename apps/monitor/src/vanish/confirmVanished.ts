import type { Blindness } from '../mesh/blindness.ts'
import type { LeaseEyes } from '../probe/lookAtLease.ts'
import type { WatchedLease } from '../probe/watchedLease.ts'

/** Whether a monitor stands by another's suspicion. `code`: a camelCase word, `message`: one sentence. */
export type Confirmation = { vanished: true } | { vanished: false; code: string; message: string }

/**
 * Looks afresh at a lease whose provider is said to have vanished: a visit and a challenge, at once. Nothing may answer, and this
 * monitor must not be cut off itself. What it sees is not kept: the time was another's choice.
 */
export async function confirmVanished(
  { eyes, blindness }: { eyes: LeaseEyes; blindness: Pick<Blindness, 'around'> },
  lease: WatchedLease,
  signal: AbortSignal,
): Promise<Confirmation> {
  const fromMs = performance.now()
  const [visit, asked] = await Promise.all([eyes.visit(lease, signal), eyes.ask(lease, signal)])
  if (asked.reached === undefined) return no('unheard', 'this monitor has not heard of the provider yet')
  if (asked.reached) return no('providerAnswers', 'its provider answers')
  if (visit?.outcome === 'good') return no('leaseAnswers', 'the lease answers visitors')
  if (await blindness.around(fromMs, performance.now())) return no('blind', 'this monitor is cut off itself')
  return { vanished: true }
}

function no(code: string, message: string): Confirmation {
  return { vanished: false, code, message }
}
