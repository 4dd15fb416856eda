import { setTimeout as sleep } from 'node:timers/promises'

/** Bounds waits for what comes by itself; far above what it takes, since a busy machine is slow. */
export const LIMIT_MS = 150_000

/** Asks the chain, or whoever follows it, until there is an answer. */
export async function until<Answer>(what: string, ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; ) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(250)
  }
  throw new Error(`${what} did not come within ${LIMIT_MS / 1_000} s`)
}
