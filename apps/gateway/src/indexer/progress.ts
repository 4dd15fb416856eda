export type IndexerStatus = {
  /** `backfilling`: final blocks, many at a time; `following`: the last ones; `waiting`: until `problem` is over. */
  state: 'starting' | 'backfilling' | 'following' | 'waiting' | 'stopped'
  /** First block of the market. */
  from: number
  /** Last block that was read, and its time, Unix seconds; `undefined` before the first. */
  at: number | undefined
  timestamp: number | undefined
  /** The chain's last block; `undefined` until the chain was asked. */
  head: number | undefined
  /** Since this process started: events read, blocks taken back, steps that failed. */
  events: number
  reorgs: number
  failures: number
  /** Why it does not get on now. */
  problem: string | undefined
}

/** How far the indexer is, and who waits for it. */
export type Progress = {
  readonly status: IndexerStatus
  set(changes: Partial<IndexerStatus>): void
  /** Resolves once `at` is at least `block`. @throws the signal's reason */
  reached(block: number, signal: AbortSignal): Promise<void>
}

export function createProgress(from: number): Progress {
  const status: IndexerStatus = {
    state: 'starting',
    from,
    at: undefined,
    timestamp: undefined,
    head: undefined,
    events: 0,
    reorgs: 0,
    failures: 0,
    problem: undefined,
  }
  const waiting = new Set<() => void>()
  return {
    status,
    set(changes) {
      Object.assign(status, changes)
      for (const look of waiting) look()
    },
    reached: (block, signal) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          waiting.delete(look)
          signal.removeEventListener('abort', stop)
          settle()
        }
        const stop = () => done(() => reject(signal.reason))
        const look = () => {
          if (status.at !== undefined && status.at >= block) done(resolve)
        }
        signal.addEventListener('abort', stop)
        waiting.add(look)
        if (signal.aborted) stop()
        else look()
      }),
  }
}
