/** One thing that is done again and again, at moments of its own. */
export type TimetableEntry = {
  /** Its next moment after one, unix milliseconds; `undefined`: it is over. */
  next(afterMs: number): number | undefined
  /** Does it. What it throws is a bug: it says itself what failed. */
  run(): Promise<void>
}

/** Many entries on one timer. */
export type Timetable = {
  /** Adds an entry, or puts it in another's place. */
  set(key: string, entry: TimetableEntry): void
  /** What is under way ends by itself. */
  delete(key: string): void
  keys(): IterableIterator<string>
  /** Runs what is due, until aborted; then waits for what is under way. */
  run(signal: AbortSignal): Promise<void>
}

type Due = { atMs: number; key: string; entry: TimetableEntry }

/** So that a clock that was put forward is noticed. */
const LONGEST_SLEEP_MS = 1_000

/**
 * A timetable that has at most `mostAtOnce` entries under way, and none twice: what is late is done once, not made up for.
 *
 * @param nowMs the clock of the entries' moments
 */
export function createTimetable({ nowMs, mostAtOnce }: { nowMs(): number; mostAtOnce: number }): Timetable {
  const entries = new Map<string, TimetableEntry>()
  const heap: Due[] = []
  const underWay = new Set<Promise<void>>()
  let wake: () => void = () => {}

  function plan(key: string, entry: TimetableEntry): void {
    if (entries.get(key) !== entry) return
    const atMs = entry.next(nowMs())
    if (atMs === undefined) entries.delete(key)
    else push(heap, { atMs, key, entry })
    wake()
  }

  function startDue(): void {
    for (let due = heap[0]; due && due.atMs <= nowMs() && underWay.size < mostAtOnce; due = heap[0]) {
      pop(heap)
      const { key, entry } = due
      if (entries.get(key) !== entry) continue
      const work = entry.run().finally(() => {
        underWay.delete(work)
        plan(key, entry)
      })
      underWay.add(work)
    }
  }

  function sleepMs(): number {
    // At the limit only an end changes anything, and that wakes.
    const first = underWay.size < mostAtOnce ? heap[0] : undefined
    return first ? Math.min(LONGEST_SLEEP_MS, Math.max(0, first.atMs - nowMs())) : LONGEST_SLEEP_MS
  }

  return {
    set(key, entry) {
      entries.set(key, entry)
      plan(key, entry)
    },
    delete: (key) => void entries.delete(key),
    keys: () => entries.keys(),
    async run(signal) {
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        startDue()
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        const timer = setTimeout(resolve, sleepMs())
        await promise
        clearTimeout(timer)
      }
      entries.clear()
      await Promise.all(underWay)
    },
  }
}

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1
  for (let up = (at - 1) >> 1; at > 0; up = (at - 1) >> 1) {
    const parent = heap[up]
    if (!parent || parent.atMs <= due.atMs) return
    heap[at] = parent
    heap[up] = due
    at = up
  }
}

function pop(heap: Due[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  heap[0] = last
  for (;;) {
    const down = earlierChild(heap, at)
    const child = heap[down]
    if (!child || child.atMs >= last.atMs) return
    heap[at] = child
    heap[down] = last
    at = down
  }
}

function earlierChild(heap: readonly Due[], at: number): number {
  const [left, right] = [2 * at + 1, 2 * at + 2]
  return (heap[right]?.atMs ?? Number.POSITIVE_INFINITY) < (heap[left]?.atMs ?? Number.POSITIVE_INFINITY) ? right : left
}
