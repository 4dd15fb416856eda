import type { Address } from 'viem'
import type { MarketView } from './market.ts'
import { verifyKeySignature } from './verifySignature.ts'

const KNOWN_MS = 60_000
/** A provider that has just registered must not wait long to be believed. */
const UNKNOWN_MS = 5_000
/** A lookup serves all who wait for it, so none of them may abort it. */
const LOOKUP_TIMEOUT_MS = 5_000
/** Keys are free to make, memory is not. */
const MAX_KEYS = 10_000

/**
 * The same view, that asks the chain less: for `providerOf` at most once a minute per account (failures are not kept), for a signature only
 * if it is not that of the signer's own key. Every message of every peer is checked, so that one question each would be most of what a
 * provider asks.
 */
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

  const verifySignature: MarketView['verifySignature'] = async (check, signal) =>
    (await verifyKeySignature(check)) || view.verifySignature(check, signal)
  const { nowSeconds, log } = view
  return { verifySignature, nowSeconds, log, providerOf }
}
