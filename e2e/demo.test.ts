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

  // The monitors verified it, and the provider earned trust by that.
  const eras: { servedSeconds: number; score: number; level: number }[] = story.eras
  const best = eras.toSorted((a, b) => b.score - a.score)[0]
  const last = eras.at(-1)
  expect(best?.level).toBeLessThanOrEqual(3)
  // Computed here once more, from nothing but rate and seconds.
  const paid = (BigInt(story.rate) * BigInt(last?.servedSeconds ?? 0)) / 3600n
  expect(BigInt(story.paid)).toBe(paid)
  expect(BigInt(story.refunded)).toBe(BigInt(story.rate) - paid) // one hour was deposited
  expect(last?.servedSeconds).toBeGreaterThan(0)
  expect(last?.servedSeconds).toBeLessThanOrEqual(story.seconds)
  expect(BigInt(story.fee)).toBeGreaterThan(0n)

  // Then the provider failed.
  expect(last?.score).toBeLessThan(best?.score ?? 0)
  expect(last?.level).toBeGreaterThan(best?.level ?? 5)
  expect(BigInt(story.credited)).toBeGreaterThan(0n)
  expect(BigInt(story.slashed)).toBeGreaterThan(0n)
})
