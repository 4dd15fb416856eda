import { join } from 'node:path'
import { expect, test } from 'vitest'
import { analyse, child, rangeOf, walk } from './solidityAst.ts'
import { constantsOf, solidityChanges } from './solidityMutants.ts'
import { type DeclaredModifier, numbersAt, switchedSource } from './switchedSource.ts'

const directory = join(import.meta.dirname, '../../../contracts')

/** Parts of a contract in which every operator has something to do, with a letter of two bytes before them. */
const source = `pragma solidity 0.8.37; // é
contract A {
    uint256 private constant HOUR = 3600;
    uint256 public paid;
    error Late();
    modifier early(uint256 at) { uint256 most = HOUR; if (at > most) revert Late(); _; }
    function owed(uint128 rate, uint40 time) internal pure returns (uint256) { return uint256(rate) * time / HOUR; }
    function pay(uint128 rate, uint40 time) external early(time) {
        if (!(time < 5 && rate != 7)) revert Late();
        paid += owed(rate, time);
    }
}
`

function changesOf(text: string) {
  const { trees, errors } = analyse(directory, new Map([['A.sol', text]]))
  const tree = trees.get('A.sol')
  if (!tree) throw new Error(errors.map(({ says }) => says).join('\n'))
  const changes = solidityChanges(tree, text, constantsOf(trees.values()))
  const bytes = Buffer.from(text)
  const words = changes.map(
    ({ operator, start, end, after }) => `${operator}: ${bytes.subarray(start, end)} → ${after}`,
  )
  return { tree, changes, words }
}

test('every operator finds its places, and nothing else', () => {
  expect(changesOf(source).words.toSorted()).toEqual(
    [
      'condition: at > most → true',
      'condition: at > most → false',
      'boundary: at > most → at >= most',
      'constant: HOUR → HOUR + 1',
      'constant: HOUR → HOUR + 1',
      'return: uint256(rate) * time / HOUR → uint256(0)',
      'arithmetic: uint256(rate) * time → uint256(rate) / time',
      'arithmetic: uint256(rate) * time / HOUR → uint256(rate) * time * HOUR',
      'modifier: early(time) → ',
      'condition: !(time < 5 && rate != 7) → true',
      'condition: !(time < 5 && rate != 7) → false',
      'logical: time < 5 && rate != 7 → time < 5 || rate != 7',
      'boundary: time < 5 → time <= 5',
      'negation: rate != 7 → rate == 7',
      'number: 5 → 6',
      'number: 7 → 8',
      'statement: paid += owed(rate, time) → ',
      'arithmetic: paid += owed(rate, time) → paid -= owed(rate, time)',
    ].toSorted(),
  )
})

test('all of them compile in one source', () => {
  const { tree, changes } = changesOf(source)
  const numbered = changes.map((change, index) => ({ change, number: index + 1 }))
  const modifiers = new Map<number, DeclaredModifier>()
  walk(tree, (node) => {
    if (node.nodeType === 'ModifierDefinition') modifiers.set(Number(node.id), { node, source, changes: numbered })
  })
  const switched = switchedSource(tree, source, numbered, modifiers)
  expect(analyse(directory, new Map([['A.sol', switched]])).errors).toEqual([])
  for (const { number } of numbered) expect(switched).toContain(`block.prevrandao == ${number}`)

  // The function has a modifier of its own, which can be left out: what is changed in the modifier is changed in that one, too.
  const own = switched.slice(switched.indexOf('modifier early_'))
  const bytes = Buffer.from(source)
  const inModifier = numbered.filter(({ change: { start, end } }) => `${bytes.subarray(start, end)}` === 'at > most')
  expect(inModifier.length).toBeGreaterThan(1)
  for (const { number } of inModifier) expect(own).toContain(`block.prevrandao == ${number}`)
})

test('an else stays with its own if, although the statement before it can be left out', () => {
  const text = source.replace('paid += owed(rate, time);', 'if (time == 0) delete paid; else paid += owed(rate, time);')
  const { tree, changes } = changesOf(text)
  const numbered = changes
    .filter(({ operator }) => operator === 'statement')
    .map((change, index) => ({ change, number: index + 1 }))
  const switched = switchedSource(tree, text, numbered, new Map())
  const asked: string[] = []
  walk(analyse(directory, new Map([['A.sol', switched]])).trees.get('A.sol') ?? tree, (node) => {
    const condition = child(node, 'falseBody') && child(node, 'condition')
    if (!condition) return
    const { start, end } = rangeOf(condition)
    asked.push(Buffer.from(switched).subarray(start, end).toString())
  })
  expect(asked).toEqual(['time == 0'])
})

test('an error of the compiler is laid at the door of the mutant around it, or of the first one in it', () => {
  const text = 'a (/*<1*/s == 1 ? (b) : /*1>*/(c)) /*<2*/d/*2>*/'
  const at = (part: string) => numbersAt(text, text.indexOf(part), text.indexOf(part) + part.length)
  expect([at('(b)'), at('(c)'), at('d'), at('/*<1*/s == 1 ? (b) : /*1>*/(c)')]).toEqual([[1], [], [2], [1]])
})
