import { once } from 'node:events'
import { ContentUnavailableError } from '@tender/content'
import { expect, onTestFinished, test, vi } from 'vitest'
import { countAwake } from './awake.ts'
import { createFetching } from './fetching.ts'

const signal = new AbortController().signal
const never = (within: AbortSignal) => once(within, 'abort').then(() => within.throwIfAborted())

/** Nothing else of this process goes on meanwhile. */
function hold(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Seconds on which nothing is lost, however busy this machine is: they pass when told to. */
function playTime(): (seconds: number) => Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return (seconds) => vi.advanceTimersByTimeAsync(seconds * 1_000)
}

test('time in which the process could not act is not counted as time awake', async () => {
  let over = 0
  const awake = countAwake(450, () => {
    over += 1
  })
  await nextTurn()
  hold(600)
  await nextTurn()
  expect(over).toBe(0)
  expect(awake.lostMs()).toBeGreaterThanOrEqual(500)
  expect(awake.awakeMs()).toBeLessThan(450)
  await expect.poll(() => over).toBe(1)
  awake.stop()
})

test('what does not come is not served', async () => {
  const pass = playTime()
  const slow = expect(createFetching(0.25, signal)(never)).rejects.toMatchObject({ code: 'slowSources' })
  await pass(1)
  await slow
  const nobody = new ContentUnavailableError('bafy', 1, [])
  await expect(createFetching(5, signal)(() => Promise.reject(nobody))).rejects.toBe(nobody)
})

test('what comes drop by drop is not served, what comes at a fair pace is, and is only too much', async () => {
  const pass = playTime()
  const bringing = (bytes: number) =>
    createFetching(
      0.25,
      signal,
    )((within, came) => {
      came(bytes)
      return never(within)
    })
  const slow = expect(bringing(1_000)).rejects.toMatchObject({ code: 'slowSources' })
  const fair = expect(bringing(64 * 1024)).rejects.toMatchObject({ code: 'tooMuchContent' })
  await pass(1)
  await Promise.all([slow, fair])
})

test('a process that could not act blames nobody else', async () => {
  const nobody = new ContentUnavailableError('bafy', 1, [])
  const busy = createFetching(
    5,
    signal,
  )(async () => {
    hold(300)
    throw nobody
  })
  await expect(busy).rejects.toMatchObject({ code: 'busyHere', data: { awakeMs: 100 } })
  const slow = createFetching(
    0.3,
    signal,
  )(async (within) => {
    await nextTurn()
    hold(500)
    await never(within)
  })
  await expect(slow).rejects.toMatchObject({ code: 'busyHere' })
})

test('the time is for all that is fetched, and what is its own end is told as it is', async () => {
  const pass = playTime()
  const fetching = createFetching(0.3, signal)
  // The second finds nothing left, and is told so at the next look at the clock.
  for (const seconds of [0.3, 0.1]) {
    const slow = expect(fetching(never)).rejects.toMatchObject({ code: 'slowSources' })
    await pass(seconds)
    await slow
  }
  const stop = new AbortController()
  const stopped = createFetching(5, stop.signal)(never)
  stop.abort(new Error('the monitor stops'))
  await expect(stopped).rejects.toThrow('the monitor stops')
  await expect(createFetching(5, signal)(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('full')
})
