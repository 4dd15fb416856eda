/** Lets in so many at once to each of any number of things; others wait their turn. */
export type Lines = {
  /** Resolves when it is one's turn, with what to call when leaving. Rejects when `signal` aborts before. */
  enter(name: string, signal: AbortSignal): Promise<() => void>
}

type Line = { inside: number; waiting: Set<() => void> }

export function createLines(places: number): Lines {
  const lines = new Map<string, Line>()

  function leave(name: string, line: Line): void {
    const [next] = line.waiting
    if (next) {
      line.waiting.delete(next)
      next()
      return
    }
    line.inside--
    if (line.inside === 0) lines.delete(name)
  }

  return {
    async enter(name, signal) {
      signal.throwIfAborted()
      const line = lines.get(name) ?? { inside: 0, waiting: new Set() }
      lines.set(name, line)
      if (line.inside < places) line.inside++
      else await turnOf(line, signal)
      return () => leave(name, line)
    },
  }
}

async function turnOf({ waiting }: Line, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = () => {
    // Whoever has its turn already leaves by itself.
    if (waiting.delete(resolve)) reject(signal.reason)
  }
  waiting.add(resolve)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
