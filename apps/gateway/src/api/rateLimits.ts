import { TenderError } from '@tender/protocol'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { ApiLimits } from './apiOptions.ts'

const WINDOW_SECONDS = 60

export type RateLimitName = 'address' | 'account' | 'signIn' | 'orders'

/** How much of a limit is left, as headers tell it. */
export type RateLimits = {
  /**
   * Takes points of one client.
   *
   * @returns headers that say what is left
   * @throws {TenderError} `tooManyRequests`, `data.headers` says when there is more
   */
  take(name: RateLimitName, client: string, points?: number): Promise<Record<string, string>>
}

/** Limits by the minute, kept in memory: of each client one number. */
export function createRateLimits(limits: ApiLimits): RateLimits {
  const names = ['address', 'account', 'signIn', 'orders'] as const
  const limiters = new Map(
    names.map((name) => [
      name,
      new RateLimiterMemory({ keyPrefix: name, points: limits[name], duration: WINDOW_SECONDS }),
    ]),
  )
  function headersOf(name: RateLimitName, { remainingPoints, msBeforeNext }: RateLimiterRes): Record<string, string> {
    const seconds = Math.ceil(Math.max(0, msBeforeNext) / 1000)
    return {
      'ratelimit-policy': `"${name}";q=${limits[name]};w=${WINDOW_SECONDS}`,
      ratelimit: `"${name}";r=${Math.max(0, remainingPoints)};t=${seconds}`,
    }
  }
  return {
    async take(name, client, points = 1) {
      try {
        const left = await limiters.get(name)?.consume(client, points)
        return left ? headersOf(name, left) : {}
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
        throw new TenderError(`more than ${limits[name]} points a minute were asked for`, {
          code: 'tooManyRequests',
          class: 'limit',
          hint: `Ask again in ${seconds} seconds.`,
          data: { headers: { ...headersOf(name, error), 'retry-after': String(seconds) } },
        })
      }
    },
  }
}
