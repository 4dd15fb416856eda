import type { EraMonitor } from '@tender/protocol'
import fc from 'fast-check'
import type { Address } from 'viem'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBlindness, isBlind } from './blindness.ts'

// CAST: 20 bytes
const monitor = (digit: number, weight = 1): EraMonitor => ({
  monitor: `0x${String(digit).repeat(40)}` as Address,
  weight,
})
const three = [monitor(1), monitor(2), monitor(3)]

/** Rounds come as fast as pings answer. */
function open(others: readonly EraMonitor[], answers: (monitor: Address) => boolean) {
  const stopping = new AbortController()
  let pings = 0
  const blindness = createBlindness({
    others: () => others,
    async ping(address) {
      pings++
      if (!answers(address)) throw new Error('no answer')
    },
    everyMs: 10,
  })
  const done = blindness.run(stopping.signal)
  async function stop() {
    stopping.abort()
    await done
  }
  onTestFinished(stop)
  return { blindness, stop, pings: () => pings }
}

const around = (blindness: ReturnType<typeof open>['blindness'], ms = 0) =>
  blindness.around(performance.now() - ms, performance.now())

describe('a monitor is blind', () => {
  test('if less than half of the others answer, by weight', () => {
    expect(isBlind(three, three.slice(1))).toBe(false)
    expect(isBlind(three, three.slice(2))).toBe(true)
    expect(isBlind([monitor(1, 5), monitor(2), monitor(3)], [monitor(1, 5)])).toBe(false)
    expect(isBlind([monitor(1), monitor(2)], [monitor(1)])).toBe(false)
    expect(isBlind([], [])).toBe(false)
    expect(isBlind([monitor(1)], [])).toBe(true)
  })

  test('on one side of any partition at least, if weights are equal', () => {
    const sides = fc.array(fc.boolean(), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(sides, (isLeft) => {
        const all = isLeft.map((_, n) => monitor(n % 10))
        const sees = (left: boolean) => {
          const others = isLeft.filter((side) => side === left).length - 1
          return others >= 0 && !isBlind(all.slice(1), all.slice(1, 1 + others))
        }
        expect(sees(true) && sees(false)).toBe(isLeft.length === 0)
      }),
    )
  })

  test('as soon as, and for as long as, the others do not answer', async () => {
    let connected = true
    const { blindness } = open(three, () => connected)
    expect(await around(blindness)).toBe(false)
    expect(blindness.now()).toBe(false)
    connected = false
    // What a probe saw just before is in doubt too: the next round tells.
    expect(await around(blindness)).toBe(true)
    expect(blindness.now()).toBe(true)
    connected = true
    expect(await around(blindness)).toBe(true)
    expect(await around(blindness)).toBe(false)
  })

  test('for a probe that was under way when it was cut off for a moment', async () => {
    let connected = true
    const { blindness, pings } = open(three, () => connected)
    await around(blindness)
    const fromMs = performance.now()
    connected = false
    await around(blindness)
    connected = true
    const before = pings()
    await expect.poll(pings).toBeGreaterThan(before + 9)
    expect(await blindness.around(fromMs, performance.now())).toBe(true)
  })

  test('never if there is nobody else, and always once it has stopped', async () => {
    const { blindness, stop } = open([], () => false)
    expect(await around(blindness)).toBe(false)
    await stop()
    const alone = open(three, () => true)
    await alone.stop()
    expect(await around(alone.blindness)).toBe(true)
  })
})
