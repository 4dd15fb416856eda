import { expect, test } from 'vitest'
import { logConfigOf } from './logFiles.ts'

const mibOf = (containers: number) => {
  const { 'max-size': size, 'max-file': count } = logConfigOf(containers).Config
  return Number.parseInt(size, 10) * Number(count) * containers
}

test('many containers of a lease have little more log together than a few', () => {
  expect([1, 4, 5, 30].map(mibOf)).toEqual([32, 128, 120, 120])
})
