import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTimetable, type TimetableEntry } from './timetable.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** An entry at the given moments, that notes when it ran. */
function entryAt(moments: readonly number[], ran: number[], work?: () => Promise<void>): TimetableEntry {
  return {
    next: (afterMs) => moments.find((at) => at > afterMs),
    async run() {
      ran.push(Date.now())
      await work?.()
    },
  }
}

function open(mostAtOnce = 10, nowMs = Date.now) {
  const stopping = new AbortController()
  const timetable = createTimetable({ nowMs, mostAtOnce })
  const done = timetable.run(stopping.signal)
  async function stop(): Promise<void> {
    stopping.abort()
    await done
  }
  return { timetable, stop }
}

test('everything runs at its moments, whatever the order of adding', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 5 }), { maxLength: 8 }),
      async (lists) => {
        vi.setSystemTime(0)
        const { timetable, stop } = open(100)
        const ran = lists.map((): number[] => [])
        for (const [n, moments] of lists.entries()) {
          timetable.set(
            `${n}`,
            entryAt(
              moments.toSorted((a, b) => a - b),
              ran[n] ?? [],
            ),
          )
        }
        await vi.advanceTimersByTimeAsync(6_000)
        expect(ran).toEqual(lists.map((moments) => moments.toSorted((a, b) => a - b)))
        await stop()
      },
    ),
  )
})

test('no more than so many are under way, and none twice; what is late is done once', async () => {
  const { timetable, stop } = open(1)
  const gate = Promise.withResolvers<void>()
  const [first, second]: [number[], number[]] = [[], []]
  timetable.set(
    'first',
    entryAt([100, 200, 300, 2_000], first, () => gate.promise),
  )
  timetable.set('second', entryAt([150], second))
  await vi.advanceTimersByTimeAsync(1_500)
  expect([first, second]).toEqual([[100], []])
  gate.resolve()
  await vi.advanceTimersByTimeAsync(1_500)
  expect([first, second]).toEqual([[100, 2_000], [1_500]])
  await stop()
})

test('at its limit nothing is done but to wait', async () => {
  const nowMs = vi.fn(Date.now)
  const { timetable, stop } = open(1, nowMs)
  const gate = Promise.withResolvers<void>()
  timetable.set(
    'slow',
    entryAt([100], [], () => gate.promise),
  )
  timetable.set('waits', entryAt([150], []))
  await vi.advanceTimersByTimeAsync(200)
  nowMs.mockClear()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(nowMs.mock.calls.length).toBeLessThan(20)
  gate.resolve()
  await stop()
})

test('what was taken out runs no more; what takes its place does', async () => {
  const { timetable, stop } = open()
  const ran: number[] = []
  timetable.set('gone', entryAt([100], ran))
  timetable.delete('gone')
  timetable.set('replaced', entryAt([100], ran))
  timetable.set('replaced', entryAt([200], ran))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ran).toEqual([200])
  await stop()
})

test('what takes the place of one that is under way stays, though that one is over', async () => {
  const { timetable, stop } = open()
  const gate = Promise.withResolvers<void>()
  const ran: number[] = []
  timetable.set(
    'replaced',
    entryAt([100], [], () => gate.promise),
  )
  await vi.advanceTimersByTimeAsync(150)
  timetable.set('replaced', entryAt([500], ran))
  gate.resolve()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ran).toEqual([500])
  await stop()
})

test('what is over is forgotten, as is everything at the end, and one timer is enough for all', async () => {
  const { timetable, stop } = open()
  timetable.set('over', entryAt([100], []))
  for (const key of ['later', 'last']) timetable.set(key, entryAt([5_000], []))
  expect([...timetable.keys()]).toEqual(['over', 'later', 'last'])
  await vi.advanceTimersByTimeAsync(200)
  expect([...timetable.keys()]).toEqual(['later', 'last'])
  for (const key of ['more', 'most']) timetable.set(key, entryAt([4_000], []))
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(1)
  await stop()
  expect([...timetable.keys()]).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('a stop waits for what is under way', async () => {
  const { timetable, stop } = open()
  const gate = Promise.withResolvers<void>()
  timetable.set(
    'slow',
    entryAt([100], [], () => gate.promise),
  )
  await vi.advanceTimersByTimeAsync(500)
  let stopped = false
  const stopping = stop().then(() => {
    stopped = true
  })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(stopped).toBe(false)
  gate.resolve()
  await stopping
})
