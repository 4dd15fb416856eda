/**
 * Runs one account's sends one after the other and hands each its nonce, so that concurrent actions neither share a nonce
 * nor leave a gap: a nonce counts as used only once the node took the transaction. (viem's nonce manager counts it before,
 * and everything after a refused transaction then waits for ever.)
 */
export type SendLane = {
  /** Runs `send` with the next nonce: at least `pending()`, at least one more than the last still in flight. */
  run<T>(pending: () => Promise<number>, send: (nonce: number) => Promise<T>): Promise<T>
  /** To be called once for each send that succeeded, when its transaction is mined or given up. */
  settled(): void
}

export function createSendLane(): SendLane {
  let tail: Promise<unknown> = Promise.resolve()
  let inFlight = 0
  let next = 0

  const runNow = async <T>(pending: () => Promise<number>, send: (nonce: number) => Promise<T>) => {
    const known = await pending()
    // With nothing in flight the chain is right, also after it rolled back.
    const nonce = inFlight > 0 ? Math.max(known, next) : known
    const result = await send(nonce)
    inFlight += 1
    next = nonce + 1
    return result
  }

  return {
    run(pending, send) {
      const result = tail.then(() => runNow(pending, send))
      tail = result.catch(() => undefined)
      return result
    },
    settled() {
      inFlight -= 1
    },
  }
}
