import type { Address } from 'viem'
import type { MarketView } from './market.ts'

const KNOWN_MS = 60_000
/** A provider that has just registered must not wait long to be believed. */
const UNKNOWN_MS = 5_000
/** A lookup serves all who wait for it, so none of them may abort it. */
const LOOKUP_TIMEOUT_MS = 5_000
/** Keys are free to make, memory is not. */
const MAX_KEYS = 10_000

/** The same view, its `providerOf` asking the chain at most once a minute per account. Failures are not kept. */
export function withCache(view: MarketView, nowMs = () => performance.now()): MarketView {
  const kept = new Map<Address, { answer: Promise<bigint | undefined>; until: number }>()

  async function providerOf(operator: Address): Promise<bigint | undefined> {
    const known = kept.get(operator)
    if (known && known.until > nowMs()) return known.answer
    const answer = view.providerOf(operator, AbortSignal.timeout(LOOKUP_TIMEOUT_MS))
    const entry = { answer, until: nowMs() + UNKNOWN_MS }
    kept.delete(operator)
    kept.set(operator, entry)
    const oldest = kept.keys().next()
    if (kept.size > MAX_KEYS && !oldest.done) kept.delete(oldest.value)
    try {
      if ((await answer) !== undefined) entry.until = nowMs() + KNOWN_MS
    } catch (error) {
      kept.delete(operator)
      throw error
    }
    return answer
  }

  const { verifySignature, nowSeconds, log } = view
  return { verifySignature, nowSeconds, log, providerOf }
}
