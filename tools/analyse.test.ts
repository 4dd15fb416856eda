import { describe, expect, test } from 'vitest'
import type { AcceptedFindings } from './acceptedFindings.ts'
import { findConstructs, judgeFindings } from './analyse.ts'

const found = (source: string) =>
  findConstructs(new Map([['A.sol', source]])).map(({ rule, line }) => `${line} ${rule}`)

test.each([
  ['target.delegatecall(data);', 'delegatecall'],
  ['require(tx.origin == msg.sender);', 'tx.origin'],
  ['(bool ok,) = target.call{value: 1}("");', 'a low-level call'],
  ['(bool ok,) = target.staticcall(data);', 'a low-level call'],
  ['to.transfer(amount);', 'ether sent'],
  ['function f() external payable {}', 'a payable function'],
  ['assembly { let x := 1 }', 'assembly that may break memory'],
  ['sstore(0, 1)', 'a storage write in assembly'],
  ['let ok := call(gas(), to, 0, 0, 0, 0, 0)', 'a call in assembly'],
  ['pop(staticcall(gas(), to, 0, 0, 0, 0))', 'a call in assembly'],
])('%s is found', (source, rule) => {
  expect(found(`\n${source}`)).toContain(`2 ${rule}`)
})

test('what only comments, texts and other names say is not found', () => {
  expect(
    found(
      '// delegatecall\n/* tx.origin\n selfdestruct */ string x = "payable"; place.tstore(1); token.transfer(to, 1);',
    ),
  ).toEqual([])
})

describe('findings', () => {
  const sources = new Map([['A.sol', 'a = 1;\nb = 2; // below 3\n// checked above\nc = 3;\nd = 4;']])
  const at = (line: number, rule = 'cast') => ({ rule, file: 'A.sol', line, says: 'look' })
  const accept = (over: Partial<AcceptedFindings>): AcceptedFindings[] => [
    { rule: 'cast', reason: 'why', where: {}, ...over },
  ]

  test('of a rule that nobody accepted are told', () => {
    expect(judgeFindings([at(1, 'other')], [], sources)).toEqual(['A.sol:1 other: look'])
  })

  test('are as many as accepted: one more or one less is told', () => {
    const accepted = accept({ where: { 'A.sol': 2 } })
    expect(judgeFindings([at(1), at(2)], accepted, sources)).toEqual([])
    expect(judgeFindings([at(1), at(2), at(4)], accepted, sources)[0]).toBe('cast: A.sol has 3, 2 are accepted')
    expect(judgeFindings([at(1)], accepted, sources)[0]).toBe('cast: A.sol has 1, 2 are accepted')
    expect(judgeFindings([{ ...at(1), file: 'B.sol' }, at(1), at(2)], accepted, sources)[0]).toContain('B.sol has 1, 0')
  })

  test('with a comment in their line or above it explain themselves where that is asked for', () => {
    expect(judgeFindings([at(2), at(4)], accept({ said: true }), sources)).toEqual([])
    expect(judgeFindings([at(2), at(5)], accept({ said: true }), sources)[0]).toBe('cast: A.sol has 1, 0 are accepted')
  })

  test('that are gone must not stay accepted', () => {
    expect(judgeFindings([], accept({ where: { 'A.sol': 1 } }), sources)).toEqual([
      'cast is accepted, but nothing is found any more',
    ])
  })
})
