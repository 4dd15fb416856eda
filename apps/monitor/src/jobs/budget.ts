/** Runs work within what is left of some time; what it took is gone. */
export type Budget = <Result>(work: (within: AbortSignal) => Promise<Result>) => Promise<Result>

/**
 * Time that is used up piece by piece.
 *
 * @param exceeded what work is ended with once nothing is left
 */
export function createBudget(ms: number, signal: AbortSignal, exceeded: () => Error): Budget {
  let leftMs = ms
  return async (work) => {
    const limit = AbortSignal.timeout(Math.max(0, Math.floor(leftMs)))
    const beganMs = performance.now()
    try {
      return await work(AbortSignal.any([signal, limit]))
    } catch (error) {
      signal.throwIfAborted()
      throw limit.aborted ? exceeded() : error
    } finally {
      leftMs -= performance.now() - beganMs
    }
  }
}
