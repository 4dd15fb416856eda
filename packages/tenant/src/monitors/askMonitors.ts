import type { NetworkNode } from '@tender/network/browser'
import { type Dialable, failureClass, UnreachableError } from '@tender/protocol'
import { getMonitors, type MarketClient, type Monitor } from '@tender/sdk'

/** A question to one monitor. What it answers is checked before it counts: monitors are strangers. */
export type Question<Answer> = (monitor: Dialable, node: NetworkNode, signal: AbortSignal) => Promise<Answer>

/** What one of several monitors said, or why it said nothing. */
export type Reply<Answer> = { monitor: Monitor } & ({ answer: Answer } | { error: Error })

/** A market's monitors, for as long as somebody works with them. */
export type MonitorPeers = {
  /** Those that tell where they are dialled. */
  all: readonly Monitor[]
  /**
   * The first answer that is good, from one after the other.
   *
   * @throws {UnreachableError} `noMonitorAnswers` if none is; or the last monitor's refusal, if one refused
   */
  ask<Answer>(question: Question<Answer>): Promise<Answer>
  /** Every monitor's answer, in the order of {@link MonitorPeers.all}. */
  askEach<Answer>(question: Question<Answer>): Promise<Reply<Answer>[]>
}

/** One that is there answers within this; then the next is asked. */
const DIAL_TIMEOUT_MS = 10_000

/** Asks a market's monitors as a node, which is started, until `signal` aborts. */
export async function monitorPeers(
  market: MarketClient,
  node: NetworkNode,
  signal: AbortSignal,
): Promise<MonitorPeers> {
  const all = (await getMonitors(market)).filter(({ addresses }) => addresses.length > 0)
  const one = async <Answer>(monitor: Monitor, question: Question<Answer>): Promise<Answer> => {
    await node.dial(monitor, AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]))
    return question(monitor, node, signal)
  }
  return {
    all,
    ask: (question) => firstOf(all, (monitor) => one(monitor, question), signal),
    askEach: (question) => Promise.all(all.map((monitor) => replyOf(monitor, one(monitor, question), signal))),
  }
}

async function firstOf<Answer>(
  monitors: readonly Monitor[],
  ask: (monitor: Monitor) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const errors: unknown[] = []
  for (const monitor of monitors) {
    try {
      return await ask(monitor)
    } catch (error) {
      signal.throwIfAborted()
      if (failureClass(error) === 'internal') throw error
      errors.push(error)
    }
  }
  // Who refuses is there, and says more than who is not.
  const refusal = errors.findLast((error) => failureClass(error) !== 'network')
  if (refusal !== undefined) throw refusal
  throw new UnreachableError(`none of the market's ${monitors.length} monitors answers`, {
    code: 'noMonitorAnswers',
    hint: 'See who they are with `tender era list`; try again later, or from another network.',
    cause: new AggregateError(errors),
  })
}

async function replyOf<Answer>(monitor: Monitor, asked: Promise<Answer>, signal: AbortSignal): Promise<Reply<Answer>> {
  try {
    return { monitor, answer: await asked }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Error) || failureClass(error) === 'internal') throw error
    return { monitor, error }
  }
}
