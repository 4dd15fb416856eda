import { expect, test } from 'vitest'
import { mapAtOnce } from './atOnce.ts'

test('throws what failed first, not what was given up because of it, and begins nothing more', async () => {
  const failed = new AbortController()
  const begun: string[] = []
  const work = async (item: string) => {
    begun.push(item)
    if (item === 'first')
      await new Promise((_, reject) => failed.signal.addEventListener('abort', () => reject(failed.signal.reason)))
    if (item === 'second') {
      failed.abort()
      throw new Error('the cause')
    }
  }
  await expect(mapAtOnce(2, ['first', 'second', 'third'], work)).rejects.toThrow('the cause')
  expect(begun).toEqual(['first', 'second'])
})

test('gives results in order, whoever is done first', async () => {
  const work = async (turns: number) => {
    for (let turn = 0; turn < turns; turn++) await null
    return turns
  }
  expect(await mapAtOnce(3, [5, 0, 3, 1], work)).toEqual([5, 0, 3, 1])
})
