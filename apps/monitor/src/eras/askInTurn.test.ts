import { expect, test } from 'vitest'
import { askInTurn } from './askInTurn.ts'

const never = new AbortController().signal

test('whoever is slow is not waited for, and is told when another was faster', async () => {
  const aborted: string[] = []
  const asked: string[] = []
  const gave = await askInTurn(
    ['slow', 'none', 'has it', 'last'],
    { patienceMs: 10, signal: never },
    (source, signal) => {
      asked.push(source)
      if (source !== 'slow') return Promise.resolve(source === 'has it')
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.push(source)
          resolve(false)
        })
      })
    },
  )
  expect([gave, asked, aborted]).toEqual([true, ['slow', 'none', 'has it'], ['slow']])
})

test('nobody else is asked while the first one answers; if nobody has it, that is the answer', async () => {
  const asked: number[] = []
  const ask = (wanted: number) => (source: number) => {
    asked.push(source)
    return Promise.resolve(source === wanted)
  }
  const options = { patienceMs: 60_000, signal: never }
  expect(await askInTurn([1, 2], options, ask(1))).toBe(true)
  expect(asked).toEqual([1])
  expect(await askInTurn([1, 2], options, ask(3))).toBe(false)
  expect(await askInTurn([], options, ask(3))).toBe(false)
  expect(asked).toEqual([1, 1, 2])
})

test('slow ones may still give it after all were asked', async () => {
  const late = Promise.withResolvers<boolean>()
  const gave = askInTurn(['slow', 'none'], { patienceMs: 1, signal: never }, (source) => {
    if (source === 'none') late.resolve(true)
    return source === 'slow' ? late.promise : Promise.resolve(false)
  })
  expect(await gave).toBe(true)
})
