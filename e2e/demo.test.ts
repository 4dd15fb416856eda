import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { killTenders, startTender } from './support/tender.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
})
afterEach(killTenders)
afterAll(() => rm(home, { recursive: true }))

test('the demo tells the whole story to a program', async () => {
  const { code, stdout, stderr } = await startTender(home, ['demo', '--json']).finished
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const story = JSON.parse(stdout)

  expect(story.bids).toHaveLength(3)
  // Nobody has a reputation yet: the cheapest.
  const cascade = story.bids.find(({ country }: { country: string }) => country === 'CA')
  expect(story.winner).toBe(cascade.provider)
  expect(story.httpStatus).toBe(200)
  expect(story.answered).toBe(20)
  expect(story.url).toMatch(/^http:\/\/[a-z2-7]{12}\.localhost:\d+$/)
  expect(Object.keys(story.stepsMs)).toEqual(['sign', 'auction', 'match', 'manifest', 'start', 'ready'])
  // The auction was over once everybody had answered, long before its end.
  expect(story.stepsMs.auction).toBeLessThan(20_000)
  expect(story.conserved).toBe(true)

  // Computed here once more, from nothing but rate and seconds.
  const paid = (BigInt(story.rate) * BigInt(story.seconds)) / 3600n
  expect(BigInt(story.paid)).toBe(paid)
  expect(BigInt(story.refunded)).toBe(BigInt(story.rate) - paid) // one hour was deposited
  expect(story.seconds).toBeGreaterThanOrEqual(20 * 60)
})
