import { once } from 'node:events'
import { ContentUnavailableError } from '@tender/content'
import { expect, test } from 'vitest'
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

test('time in which the process could not act is not counted as time awake', async () => {
  let over = 0
  const awake = countAwake(150, () => {
    over += 1
  })
  await nextTurn()
  hold(600)
  await nextTurn()
  expect(over).toBe(0)
  expect(awake.lostMs()).toBeGreaterThanOrEqual(500)
  expect(awake.awakeMs()).toBeLessThan(300)
  await expect.poll(() => over).toBe(1)
  awake.stop()
})

test('what does not come is not served', async () => {
  await expect(createFetching(0.25, signal)(never)).rejects.toMatchObject({ code: 'slowSources' })
  const nobody = new ContentUnavailableError('bafy', 1, [])
  await expect(createFetching(5, signal)(() => Promise.reject(nobody))).rejects.toBe(nobody)
})

test('what comes drop by drop is not served, what comes at a fair pace is, and is only too much', async () => {
  const bringing = (bytes: number) =>
    createFetching(
      0.25,
      signal,
    )((within, came) => {
      came(bytes)
      return never(within)
    })
  await expect(bringing(1_000)).rejects.toMatchObject({ code: 'slowSources' })
  await expect(bringing(64 * 1024)).rejects.toMatchObject({ code: 'tooMuchContent' })
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
  const fetching = createFetching(0.3, signal)
  await expect(fetching(never)).rejects.toMatchObject({ code: 'slowSources' })
  await expect(fetching(never)).rejects.toMatchObject({ code: 'slowSources' })
  const stop = new AbortController()
  const stopped = createFetching(5, stop.signal)(never)
  stop.abort(new Error('the monitor stops'))
  await expect(stopped).rejects.toThrow('the monitor stops')
  await expect(createFetching(5, signal)(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('full')
})
