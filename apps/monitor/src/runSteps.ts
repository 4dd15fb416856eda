import type { Lifecycle, Logger } from '@tender/kit'

export type Steps = {
  name: string
  /** Calls `listener` whenever there may be something to do. */
  onWake(listener: () => void): void
  /** Does what is to be done now. What it throws is logged, and it is called again. */
  step(signal: AbortSignal): Promise<void>
  log: Logger
}

/** Between blocks time passes too. */
const TICK_MS = 1_000
/** Half a minute: an era of minutes must not be missed for a chain that comes back. */
const LONGEST_PAUSE_MS = 30_000

/** Calls a step again and again, one call at a time, until the lifecycle stops; the stop waits for the call under way. */
export async function runSteps(life: Lifecycle, { name, onWake, step, log }: Steps): Promise<void> {
  let wake: () => void = () => {}
  let woken = false
  onWake(() => {
    woken = true
    wake()
  })

  async function run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      woken = false
      try {
        await step(signal)
        failures = 0
        if (!woken && !signal.aborted) await pause(TICK_MS, signal, (resolve) => (wake = resolve))
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        log.warn({ part: name, failures, error }, 'a step failed, and is tried again')
        // Whatever wakes it meanwhile: what fails again and again is not hurried.
        await pause(Math.min(LONGEST_PAUSE_MS, TICK_MS * 2 ** (failures - 1)), signal)
      }
    }
  }
  await runUntilStopped(life, name, run)
}

/** Runs a loop that ends when the lifecycle's signal aborts, and lets the stop wait for it. One that rejects is a bug. */
export async function runUntilStopped(
  life: Lifecycle,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await life.start(
    name,
    (signal) => ({ done: run(signal).catch((error) => (signal.aborted ? undefined : Promise.reject(error))) }),
    ({ done }) => done,
  )
}

async function pause(ms: number, signal: AbortSignal, onWake?: (resolve: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end, { once: true })
  onWake?.(end)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}
