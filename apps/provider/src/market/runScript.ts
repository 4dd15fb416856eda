import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { nameOf, tiers } from '@tender/protocol'
import { z } from 'zod'
import type { ScriptPricing } from './pricing.ts'
import type { Quote, RunScript, ScriptQuestion } from './quotes.ts'

/** An auction may last a second or two; a bid after that is late. */
const TIMEOUT_MS = 2_000

/** An answer is one line. */
const MAX_ANSWER_BYTES = 4_096

/** Strangers decide how many orders come; more than so many programs at once would be theirs to start. */
const MAX_AT_ONCE = 4
const MAX_WAITING = 32

const answerSchema = z.union([
  z.strictObject({
    price: z
      .string()
      .regex(/^\d{1,28}$/)
      .transform(BigInt),
  }),
  z.strictObject({ decline: z.string().min(1).max(200) }),
])

/**
 * Asks a provider's own program for prices: the order as JSON on its standard input, `{ "price": "18000" }` or
 * `{ "decline": "why" }` on its standard output. Whatever goes wrong is a decline that says so.
 *
 * @example
 * const runScript = createScriptRunner()
 * await runScript({ strategy: 'script', command: ['/usr/local/bin/price'], indicative: 1n }, question, signal)  // { price: 18000n }
 */
export function createScriptRunner({ timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}): RunScript {
  let running = 0
  const waiting: (() => void)[] = []

  return async (pricing, question, signal) => {
    if (running >= MAX_AT_ONCE) {
      if (waiting.length >= MAX_WAITING) return failed('too many orders came at once')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      const quote = await ask(pricing, question, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), timeoutMs)
      signal.throwIfAborted()
      return quote
    } finally {
      // Whoever waited longest takes this place over.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

async function ask(
  { command: [program, ...args] }: ScriptPricing,
  question: ScriptQuestion,
  limit: AbortSignal,
  timeoutMs: number,
): Promise<Quote> {
  limit.throwIfAborted()
  // A group of its own, so that what it starts is ended with it. Its environment holds nothing of this process's.
  const child = spawn(program, args, {
    cwd: dirname(program),
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const late = `it took longer than ${timeoutMs} ms`
  const end = () => endGroup(child)
  limit.addEventListener('abort', end, { once: true })
  try {
    const ended = once(child, 'close').then(([code]) => Number(code))
    const output = read(child)
    // A program may answer without having read.
    child.stdin?.on('error', () => {}).end(`${JSON.stringify(inWords(question))}\n`)
    const [code, text] = await Promise.all([ended, output])
    if (limit.aborted) return failed(late)
    return code === 0 ? quoteOf(text) : failed(`it ended with ${code}`)
  } catch (error) {
    return failed(limit.aborted ? late : error instanceof Error ? error.message : String(error))
  } finally {
    limit.removeEventListener('abort', end)
    end()
  }
}

async function read(child: ChildProcess): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of child.stdout ?? []) {
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`it answered with more than ${MAX_ANSWER_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function quoteOf(text: string): Quote {
  try {
    return answerSchema.parse(JSON.parse(text))
  } catch {
    return failed('its answer is neither {"price":"18000"} nor {"decline":"why"}')
  }
}

function failed(why: string): Quote {
  return { decline: `the pricing program failed: ${why}` }
}

function endGroup({ pid, stdout }: ChildProcess): void {
  // What left the group may hold it open.
  stdout?.destroy()
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already, with all that it had started.
  }
}

/** Amounts as decimal strings, codes as words. */
function inWords({ order, brief, resource, sale, load }: ScriptQuestion): object {
  const { tenant, units, replicas, maxPrice, duration, uptimeBps, auctionEnd, expiry } = order
  return {
    version: 1,
    order: {
      tenant,
      tier: nameOf(tiers, order.tier),
      units,
      replicas,
      maxPrice: maxPrice.toString(),
      duration,
      uptimeBps,
      auctionEnd,
      expiry,
    },
    brief,
    sale: { resource, asset: sale.asset, tier: nameOf(tiers, sale.tier) },
    load,
  }
}
