import { expect, test } from 'vitest'
import { drawSample } from './drawSample.ts'
import type { JudgedMutant, MutantStatus } from './mutant.ts'
import { reportText, scoreOf, weigh } from './report.ts'

const mutant = (status: MutantStatus, after: string): JudgedMutant => ({
  file: 'a.sol',
  line: 3,
  column: 5,
  operator: 'boundary',
  before: 'x <\n  1',
  after,
  status,
})
const accepted = (...mutants: string[]) => [{ file: 'a.sol', reason: 'the same at 0', mutants }]

test('the score is of what is another program: equivalents do not count, what never ends was noticed, what is accepted was not', () => {
  const judged = [
    mutant('killed', '1'),
    mutant('killed', '2'),
    mutant('timeout', '3'),
    mutant('survived', 'x <= 1'),
    mutant('equivalent', '5'),
  ]
  const { total, open } = weigh(judged, accepted('boundary: x < 1 → x <= 1'))
  expect(total).toMatchObject({ killed: 2, timeout: 1, survived: 0, accepted: 1, equivalent: 1 })
  expect([scoreOf(total), open]).toEqual([75, []])
})

test('a survivor that nobody accepted is told with its place', () => {
  const verdict = weigh([mutant('survived', 'x <= 1')], [])
  expect(verdict.open).toHaveLength(1)
  expect(reportText(verdict)).toMatch(/a\.sol:3:5 boundary[\s\S]*- x < 1[\s\S]*\+ x <= 1/)
})

test('one acceptance is for one survivor', () => {
  const twice = [mutant('survived', 'x <= 1'), { ...mutant('survived', 'x <= 1'), line: 9 }]
  expect(weigh(twice, accepted('boundary: x < 1 → x <= 1')).open).toHaveLength(1)
})

test('an acceptance is told when its mutant dies, or is there no more', () => {
  const both = accepted('boundary: x < 1 → x <= 1', 'boundary: y → z')
  const { unneeded } = weigh([mutant('killed', 'x <= 1')], both)
  expect(unneeded).toEqual([
    { file: 'a.sol', mutant: 'boundary: x < 1 → x <= 1' },
    { file: 'a.sol', mutant: 'boundary: y → z' },
  ])
})

test('of files that were not run, or only in part, no acceptance is unneeded', () => {
  expect(weigh([], accepted('boundary: y → z')).unneeded).toEqual([])
  expect(weigh([mutant('killed', '1')], accepted('boundary: y → z'), new Set()).unneeded).toEqual([])
})

test('a sample is of its size, in order, and the same for its seed', () => {
  const all = Array.from({ length: 1_000 }, (_, index) => index)
  const drawn = drawSample(all, 50, 7)
  expect(drawn).toHaveLength(50)
  expect(drawn).toEqual(drawSample(all, 50, 7))
  expect(drawn).toEqual(drawn.toSorted((a, b) => a - b))
  expect(drawn).not.toEqual(drawSample(all, 50, 8))
  expect(drawSample([1, 2], 5, 1)).toEqual([1, 2])
})
