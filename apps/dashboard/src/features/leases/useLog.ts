import { isRetryable } from '@tender/protocol/errors'
import { useEffect, useState } from 'react'
import { addLines, joinLines, type NumberedLine } from './logLines.ts'
import type { LogLine, PageReach } from './useReach.ts'

/** Past lines that are asked for. */
const TAIL = 1_000
/** Lines are shown together this often at most: a workload may write thousands a second. */
const SHOW_EVERY_MS = 150
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

export type LogState = 'reading' | 'following' | 'ended' | 'away'

/** A lease's log as it is written, taken up again if its provider goes away. Read with the agent's key, in this page. */
export function useLog(reach: PageReach, follow: boolean) {
  const [lines, setLines] = useState<readonly NumberedLine[]>([])
  const [state, setState] = useState<LogState>('reading')
  const [error, setError] = useState<unknown>()

  useEffect(() => {
    const stop = new AbortController()
    void readOn(reach, { follow, signal: stop.signal, setLines, setState, setError })
    return () => stop.abort(new DOMException('nobody looks at the log any more', 'AbortError'))
  }, [reach, follow])

  return { lines, state, error }
}

type Reading = {
  follow: boolean
  signal: AbortSignal
  setLines(change: (known: readonly NumberedLine[]) => readonly NumberedLine[]): void
  setState(state: LogState): void
  setError(error: unknown): void
}

async function readOn(reach: PageReach, reading: Reading): Promise<void> {
  const { follow, signal, setState, setError } = reading
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      setState(attempt === 0 ? 'reading' : 'away')
      await readOnce(reach, reading, () => {
        attempt = 0
        setError(undefined)
        setState(follow ? 'following' : 'reading')
      })
      return setState('ended')
    } catch (error) {
      if (signal.aborted) return
      setError(error)
      setState('away')
      if (!follow || !isRetryable(error)) return
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt), signal)
    }
  }
}

async function readOnce(reach: PageReach, { follow, signal, setLines }: Reading, onLine: () => void): Promise<void> {
  const { readLogs, unseal } = await import('./logSource.ts')
  const { leaseId } = reach.record
  const open = (sealed: Uint8Array) => unseal({ privateKey: reach.agentKey, context: `logs:${leaseId}`, sealed })
  const request = { lease: leaseId, session: reach.session, follow, tail: TAIL, unseal: open }
  const log = await reach.ask(async (provider, node) => readLogs(node, provider, request, signal), signal)
  let waiting: LogLine[] = []
  let first = true
  const show = () => {
    const [arrived, join] = [waiting, first]
    waiting = []
    if (arrived.length === 0 || signal.aborted) return
    first = false
    setLines((known) => (join ? joinLines(known, arrived) : addLines(known, arrived)))
  }
  const timer = setInterval(show, SHOW_EVERY_MS)
  try {
    onLine()
    for await (const line of log) waiting.push(line)
  } finally {
    clearInterval(timer)
    show()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
