/** Says whether `key` may do one more thing now. */
export type RateLimiter = (key: string) => boolean

export type RateLimit = {
  /** Lasting rate per key. */
  perSecond: number
  /** How many may come at once. */
  burst: number
}

/** Most keys that are remembered: keys are free to make, memory is not. The longest silent are forgotten first. */
const MAX_KEYS = 10_000

/** A token bucket per key. `nowMs` is a monotonic clock in milliseconds. */
export function createRateLimiter({ perSecond, burst }: RateLimit, nowMs = () => performance.now()): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return (key) => {
    const now = nowMs()
    const { tokens, at } = buckets.get(key) ?? { tokens: burst, at: now }
    const available = Math.min(burst, tokens + ((now - at) / 1000) * perSecond)
    const allowed = available >= 1
    buckets.delete(key)
    buckets.set(key, { tokens: allowed ? available - 1 : available, at: now })
    const oldest = buckets.keys().next()
    if (buckets.size > MAX_KEYS && !oldest.done) buckets.delete(oldest.value)
    return allowed
  }
}
