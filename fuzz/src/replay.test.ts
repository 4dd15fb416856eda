import { describe, expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { instrument } from './instrument.ts'
import { judge, minimised } from './judge.ts'
import { mutate } from './mutate.ts'
import { createRandom } from './random.ts'
import { bytesOf, must, type Target, textOf } from './target.ts'
import { loadTarget, targetNames } from './targets.ts'

/** Inputs that are made of each target's own; without counting blocks a run costs a tenth of what it does in `npm run fuzz`. */
const RUNS = 100

test.each(targetNames)('%s: what was kept, and a hundred inputs made of that', async (name) => {
  const target = await loadTarget(name)
  const inputs = [...(await target.seeds()), ...readCorpus(name)]
  expect(inputs.length).toBeGreaterThan(0)
  const random = createRandom(1)
  const { format, maxBytes, words = [] } = target
  const tell = async (input: Uint8Array) => expect((await judge(target, input)).finding).toBeUndefined()
  for (const input of inputs) await tell(input)
  for (let run = 0; run < RUNS; run++) {
    // Long ones are for the long runs.
    const options = { format, maxBytes: Math.min(maxBytes, 4_096), words, pairs: [], other: random.pick(inputs) }
    await tell(mutate(random.pick(inputs), random, options))
  }
})

describe('the judge', () => {
  const target = (run: Target['run']): Target => ({
    ...{ name: 'test', format: 'text', maxBytes: 99, code: [] },
    seeds: () => [],
    run,
  })

  test('tells what is thrown, what is broken, and nothing of what is right', async () => {
    const thrower = target((input) => textOf(input).includes('x') && JSON.parse('x') === 1)
    expect((await judge(thrower, bytesOf('x'))).finding).toMatchObject({ kind: 'thrown', target: 'test' })
    expect(await judge(thrower, bytesOf('a'))).toEqual({ accepted: false })
    const breaker = target((input) => {
      must(input.length < 3, 'it is too long')
      return true
    })
    expect((await judge(breaker, bytesOf('abc'))).finding).toMatchObject({
      kind: 'invariant',
      place: expect.any(String),
    })
    expect(await judge(breaker, bytesOf('ab'))).toEqual({ accepted: true })
  })

  test('tells memory without end', async () => {
    const kept: ArrayBuffer[] = []
    const greedy = target(() => kept.push(new ArrayBuffer(200 * 2 ** 20)) > 0)
    expect((await judge(greedy, bytesOf('a'))).finding).toMatchObject({ kind: 'memory' })
  })

  test('makes an input as short as it can be', async () => {
    const picky = target((input) => {
      must(!textOf(input).includes('bad'), 'it is bad')
      return true
    })
    const { finding } = await judge(picky, bytesOf('some text with a bad word in it'))
    if (!finding) throw new Error('it was not found')
    expect(textOf((await minimised(picky, finding)).input)).toBe('bad')
  })
})

test('instrumented code does what it did, and counts', () => {
  const source = `
    const list = []
    function add(one) { if (one === 'a') list.push(one); else list.push(one !== 'b' ? 'other' : one && 'b') }
    for (const one of ['a', 'b', 'c']) add(one)
    switch (list.length) { case 3: list.push((() => ({ four: 4 }))().four) }
    try { null.x } catch { list.push('caught') }
    return list`
  const { source: counted, blocks, words } = instrument(`export function run() {${source}\n}`, 0)
  const counters = new Uint8Array(blocks)
  const compared: unknown[] = []
  const same = (one: unknown, other: unknown) => {
    compared.push([one, other])
    return one === other
  }
  const run = new Function(
    '__fuzzBlocks',
    '__fuzzSame',
    `${counted.replace('export function run', 'return function run')}`,
  )
  expect(run(counters, same)()).toEqual(new Function(source)())
  expect(counters.every((count) => count > 0)).toBe(true)
  expect(compared).toContainEqual(['c', 'b'])
  expect(words).toEqual(expect.arrayContaining(['other', 'caught', 'four']))
})
