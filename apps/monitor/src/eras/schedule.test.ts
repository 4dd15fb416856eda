import fc from 'fast-check'
import { type Address, concatHex, keccak256, numberToHex, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { isBoundary, isQuorum, lastBoundary, leaderOrder, roundAt, startOfRound } from './schedule.ts'

const timing = { genesis: 1_000, eraSeconds: 60 }
const pace = { reportDelaySeconds: 10, roundSeconds: 30 }

describe('the end of an era', () => {
  test('is over once a later block is there', () => {
    const times = [1_060, 1_061, 1_120, 1_121]
    expect(times.map((time) => lastBoundary(timing, 1_000, time))).toEqual([undefined, 1_060, 1_060, 1_120])
  })

  test('comes after what was reported', () => {
    expect(lastBoundary(timing, 1_059, 1_061)).toBe(1_060)
    expect(lastBoundary(timing, 1_060, 1_061)).toBeUndefined()
  })

  test('is a whole number of eras after the first one began, and not that moment', () => {
    const times = [940, 1_000, 1_001, 1_059, 1_060, 1_061, 1_120]
    expect(times.filter((time) => isBoundary(timing, time))).toEqual([1_060, 1_120])
  })
})

describe('a round', () => {
  test('begins after the batches had their time, and lasts as long as any other', () => {
    const rounds = [1_060, 1_069, 1_070, 1_099, 1_100].map((now) => roundAt(pace, 1_060, now))
    expect(rounds).toEqual([-1, -1, 0, 0, 1])
  })

  test('is on from its beginning', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(1_000), (until, round) => {
        const start = startOfRound(pace, until, round)
        expect([roundAt(pace, until, start - 1), roundAt(pace, until, start)]).toEqual([round - 1, round])
      }),
    )
  })
})

describe('who leads', () => {
  const blockHash = keccak256(toHex('a block'))
  const signers = Array.from({ length: 20 }, (_, index) => ({
    monitor: numberToHex(index + 1, { size: 20 }) as Address,
    weight: 100,
  }))

  test('goes by the hash of the block, of the attempt and of oneself', () => {
    const placeOf = (monitor: Address) => keccak256(concatHex([blockHash, '0x00000002', monitor]))
    const order = leaderOrder(signers, { blockHash, attempt: 2 })
    expect(new Set(order).size).toBe(signers.length)
    expect(order.map(placeOf)).toEqual(order.map(placeOf).sort())
  })

  test('is another one after another block, and in another attempt', () => {
    const first = leaderOrder(signers, { blockHash, attempt: 0 })
    expect(leaderOrder(signers, { blockHash, attempt: 1 })).not.toEqual(first)
    expect(leaderOrder(signers, { blockHash: keccak256(blockHash), attempt: 0 })).not.toEqual(first)
    expect(leaderOrder([...signers].reverse(), { blockHash, attempt: 0 })).toEqual(first)
  })
})

test('more than two thirds of the weight can post', () => {
  expect([199, 200, 201].map((weight) => isQuorum(weight, 300))).toEqual([false, false, true])
  expect(isQuorum(0, 0)).toBe(false)
})
