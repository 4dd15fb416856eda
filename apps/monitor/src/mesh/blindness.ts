import type { EraMonitor } from '@tender/protocol'
import type { Address } from 'viem'

export type BlindnessOptions = {
  /** The other monitors now. */
  others(): readonly EraMonitor[]
  /** Resolves if that monitor answered. */
  ping(monitor: Address, signal: AbortSignal): Promise<void>
  /** From one round of pings to the next. */
  everyMs: number
}

/** Whether this monitor itself was cut off. */
export type Blindness = {
  /**
   * Whether, at some time between two moments or just around them, less than half of the other monitors' weight answered. Waits for
   * the round of pings that begins after the second moment: what broke just before a probe failed is only seen then.
   *
   * @param fromMs by `performance.now()`, as `toMs`
   */
  around(fromMs: number, toMs: number): Promise<boolean>
  /** As of the last round; `undefined`: there was none yet. */
  now(): boolean | undefined
  /** For how long it was cut off so far. */
  blindSeconds(): number
  /** Pings until aborted; from then on everything counts as blind. */
  run(signal: AbortSignal): Promise<void>
}

type Round = { beganMs: number; endedMs: number; blind: boolean }

/** For one answer: a busy host is no partition. */
const ANSWER_TIMEOUT_MS = 5_000

/** Longer than any probe takes. */
const KEPT_MS = 120_000

/** Keeps pinging the other monitors. */
export function createBlindness({ others, ping, everyMs }: BlindnessOptions): Blindness {
  let rounds: Round[] = []
  let stopped = false
  let blindMs = 0
  let waiting: { toMs: number; resolve(): void }[] = []

  function settle(): void {
    const beganMs = rounds.at(-1)?.beganMs ?? Number.NEGATIVE_INFINITY
    const ready = waiting.filter(({ toMs }) => stopped || toMs <= beganMs)
    waiting = waiting.filter((waiter) => !ready.includes(waiter))
    for (const { resolve } of ready) resolve()
  }

  /** Ends as soon as enough have answered; that too few did is said only after they had their time. */
  async function round(signal: AbortSignal): Promise<void> {
    const beganMs = performance.now()
    const asked = others()
    const reached: EraMonitor[] = []
    const enough = new AbortController()
    const within = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
    async function ask(other: EraMonitor): Promise<void> {
      await ping(other.monitor, within)
      reached.push(other)
      if (!isBlind(asked, reached)) enough.abort()
    }
    await Promise.allSettled(asked.map(ask))
    const endedMs = performance.now()
    const last = rounds.at(-1)
    if (last?.blind) blindMs += endedMs - last.endedMs
    rounds = rounds.filter((one) => one.endedMs > endedMs - KEPT_MS)
    rounds.push({ beganMs, endedMs, blind: isBlind(asked, reached) })
    settle()
  }

  return {
    async around(fromMs, toMs) {
      if (!stopped && others().length === 0) return false
      await new Promise<void>((resolve) => {
        waiting.push({ toMs, resolve })
        settle()
      })
      const after = rounds.find(({ beganMs }) => beganMs >= toMs)
      const before = rounds.findLast(({ endedMs }) => endedMs <= fromMs)
      if (!after || before?.blind) return true
      return rounds.some(({ beganMs, endedMs, blind }) => blind && endedMs >= fromMs && beganMs <= after.beganMs)
    },

    now: () => rounds.at(-1)?.blind,
    blindSeconds: () => blindMs / 1_000,

    async run(signal) {
      while (!signal.aborted) {
        const beganMs = performance.now()
        await round(signal)
        await pause(beganMs + everyMs - performance.now(), signal)
      }
      stopped = true
      settle()
    },
  }
}

/** Less than half of the others' weight answered. */
export function isBlind(asked: readonly EraMonitor[], reached: readonly EraMonitor[]): boolean {
  const weightOf = (monitors: readonly EraMonitor[]) => monitors.reduce((sum, { weight }) => sum + weight, 0)
  return 2 * weightOf(reached) < weightOf(asked)
}

/** Resolves after a while, or when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, Math.max(0, ms))
  const abort = () => resolve()
  signal.addEventListener('abort', abort, { once: true })
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  })
}
