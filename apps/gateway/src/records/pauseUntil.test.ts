import { expect, test } from 'vitest'
import { pauseUntil } from './pauseUntil.ts'

test('ends when woken, when aborted, after its limit, and at once where that was before', async () => {
  const controller = new AbortController()
  let wake = () => {}
  const woken = pauseUntil(controller.signal, (resolve) => (wake = resolve))
  wake()
  await woken
  await pauseUntil(controller.signal, () => {}, 1)
  const aborted = pauseUntil(controller.signal, () => {})
  controller.abort()
  await aborted
  expect(await pauseUntil(controller.signal, () => {})).toBeUndefined()
})
