import { once } from 'node:events'
import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'
import type { RpcRule } from '../world/rpcGate.ts'

const hits = ['relay', 'provider', 'monitor', 'gateway'] as const

/** How an endpoint fails that does not lie. */
const failures = ['internalError', 'tooManyRequests', 'timeout', 'dropped', 'truncated'] as const

/**
 * A share of the answers to one process is an error, comes never, or breaks off.
 *
 * @example
 * gate.intercept(failingRule('truncated', 1, random, signal))
 */
export function failingRule(
  how: (typeof failures)[number],
  often: number,
  random: Random,
  ended: AbortSignal,
): RpcRule {
  return async (body, ask) => {
    if (!random.chance(often)) return ask(body)
    switch (how) {
      case 'internalError':
        return { status: 500, body: 'internal server error' }
      case 'tooManyRequests':
        return {
          status: 429,
          body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many requests"}}',
        }
      case 'timeout':
        if (!ended.aborted) await once(ended, 'abort')
        return 'drop'
      case 'dropped':
        // What was asked for happens all the same: a transaction may be in the chain whose sender never hears of it.
        await ask(body)
        return 'drop'
      case 'truncated': {
        const answer = await ask(body)
        return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) }
      }
    }
  }
}

/** HTTP 500 and 429, answers that never come, connections that are cut after the chain has heard, halves of JSON. */
export const rpcErrors: Fault = {
  name: 'rpcErrors',
  hits,
  async inject(_world, random, signal, target) {
    const over = new AbortController()
    const ended = AbortSignal.any([over.signal, signal])
    const rule = failingRule(random.pick(failures), random.pick([0.2, 0.5, 1]), random, ended)
    const restore = target.rpc?.intercept(rule)
    return async () => {
      restore?.()
      over.abort()
    }
  },
}
