import { ContentUnavailableError } from '@tender/content'
import { TenderError } from '@tender/protocol'
import { type Awake, countAwake } from './awake.ts'

/** Fetches something within what is left of some time. `came` is told the bytes that came. */
export type Fetching = <Result>(
  fetch: (signal: AbortSignal, came: (bytes: number) => void) => Promise<Result>,
) => Promise<Result>

/** Who serves this many bytes in each second serves as fast as providers give tenants time for. */
const FAIR_BYTES_PER_SECOND = 64 * 1024

/** Whoever could not act for more of the time than this has nobody else to blame. */
const MOST_LOST = 0.2

/** Content came so slowly that it cannot be judged in time. */
export class SlowSourcesError extends TenderError {
  constructor(seconds: number) {
    super(`its content did not come within ${seconds} s`, { code: 'slowSources', class: 'network', data: { seconds } })
  }
}

/**
 * Time for fetching that is used up piece by piece. Only what others are to blame for is told as such: time in which this process
 * could not act does not count, and what comes at a fair pace is not slow, however much it is.
 *
 * @param seconds for all that is fetched
 * @returns a function that throws {SlowSourcesError | ContentUnavailableError} where nobody serves it; {TenderError} `busyHere`,
 * `tooMuchContent` where that is nobody's fault
 */
export function createFetching(seconds: number, signal: AbortSignal): Fetching {
  const used = { awakeMs: 0, lostMs: 0, bytes: 0 }
  const came = (bytes: number) => {
    used.bytes += bytes
  }

  function stop(awake: Awake): void {
    awake.stop()
    used.awakeMs += awake.awakeMs()
    used.lostMs += awake.lostMs()
  }

  function reasonOf(error: unknown, isSlow: boolean): unknown {
    if (!isSlow && !(error instanceof ContentUnavailableError)) return error
    const { awakeMs, lostMs, bytes } = used
    if (lostMs > MOST_LOST * (awakeMs + lostMs)) return busyHere(used)
    if (!isSlow) return error
    return bytes >= FAIR_BYTES_PER_SECOND * seconds ? tooMuch(bytes, seconds) : new SlowSourcesError(seconds)
  }

  return async (fetch) => {
    const over = new AbortController()
    const awake = countAwake(seconds * 1_000 - used.awakeMs, () => over.abort())
    try {
      const result = await fetch(AbortSignal.any([signal, over.signal]), came)
      stop(awake)
      return result
    } catch (error) {
      stop(awake)
      signal.throwIfAborted()
      throw reasonOf(error, over.signal.aborted)
    }
  }
}

function busyHere({ awakeMs, lostMs }: { awakeMs: number; lostMs: number }): TenderError {
  const seconds = [lostMs, awakeMs + lostMs].map((ms) => (ms / 1_000).toFixed(1))
  return new TenderError(`this machine was too busy to fetch it: ${seconds.join(' of ')} s were lost`, {
    code: 'busyHere',
    class: 'internal',
    data: { lostMs: Math.round(lostMs), awakeMs: Math.round(awakeMs) },
  })
}

function tooMuch(bytes: number, seconds: number): TenderError {
  return new TenderError(`${bytes} bytes came in ${seconds} s, and more is to come`, {
    code: 'tooMuchContent',
    class: 'limit',
    data: { bytes, seconds },
  })
}
