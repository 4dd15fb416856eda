import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractsDir } from '../../forge.ts'
import type { Mutant } from '../mutant.ts'
import { type AstNode, analyse, walk } from './solidityAst.ts'
import { constantsOf, type SolidityChange, solidityChanges } from './solidityMutants.ts'
import { type Numbered, numbersAt, switchedSource } from './switchedSource.ts'

/** A change to a contract, and the number that chooses it in the switched sources. */
export type ContractMutant = Mutant & { number: number; change: SolidityChange }

export type SwitchedContracts = {
  mutants: readonly ContractMutant[]
  /** As they are, and with all mutants in them, by path below `contracts`. */
  sources: ReadonlyMap<string, string>
  switched: ReadonlyMap<string, string>
}

/** What is only for tests, belongs to others or has no code is not changed. */
const untouched = /^src\/(interfaces|testing|governance)\//

function readSources(): Map<string, string> {
  const files = globSync('src/**/*.sol', { cwd: contractsDir }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(contractsDir, file), 'utf8')]))
}

type Modifiers = Map<number, { node: AstNode; source: string; file: string }>

function modifiersOf(trees: ReadonlyMap<string, AstNode>, sources: ReadonlyMap<string, string>): Modifiers {
  const modifiers: Modifiers = new Map()
  for (const [file, tree] of trees) {
    const source = () => sources.get(file) ?? readFileSync(join(contractsDir, file), 'utf8')
    walk(tree, (node) => {
      if (node.nodeType === 'ModifierDefinition') modifiers.set(Number(node.id), { node, source: source(), file })
    })
  }
  return modifiers
}

/** More than any file has mutants: each file counts by itself, so that what changes in one leaves the others compiled. */
const NUMBERS_A_FILE = 10_000

/** Every mutant of the contracts that compiles, in the order of the files. @throws {Error} if the compiler refuses something else */
export function switchContracts(): SwitchedContracts {
  const sources = readSources()
  const { trees } = analyse(contractsDir, sources)
  const constants = constantsOf(trees.values())
  const modifiers = modifiersOf(trees, sources)
  let mutants = [...sources].flatMap(([file, source], place) => {
    const tree = trees.get(file)
    if (!tree || untouched.test(file)) return []
    const first = place * NUMBERS_A_FILE + 1
    return solidityChanges(tree, source, constants).map((change, index) => ({ file, change, number: first + index }))
  })
  for (;;) {
    const switched = switchAll(sources, trees, mutants, modifiers)
    const refused = refusedNumbers(switched)
    if (refused.size === 0) return { sources, switched, mutants: mutants.map((one) => described(one, sources)) }
    mutants = mutants.filter(({ number }) => !refused.has(number))
  }
}

function switchAll(
  sources: ReadonlyMap<string, string>,
  trees: ReadonlyMap<string, AstNode>,
  mutants: readonly (Numbered & { file: string })[],
  modifiers: Modifiers,
): Map<string, string> {
  const changesIn = (file: string) => mutants.filter((one) => one.file === file)
  const declared = new Map(
    [...modifiers].map(([id, { file, ...modifier }]) => [id, { ...modifier, changes: changesIn(file) }]),
  )
  const pairs = [...sources].map(([file, source]): [string, string] => {
    const tree = trees.get(file)
    if (!tree || file.startsWith('src/testing/')) return [file, source]
    return [file, switchedSource(tree, source, changesIn(file), declared)]
  })
  return new Map(pairs)
}

/** Mutants that do not compile, such as an immutable that is never set: they are none. */
function refusedNumbers(switched: ReadonlyMap<string, string>): Set<number> {
  const { errors } = analyse(contractsDir, switched)
  const refused = new Set<number>()
  for (const { file, start, end, says } of errors) {
    const numbers = numbersAt(switched.get(file) ?? '', start, end)
    if (numbers.length === 0) throw new Error(`no mutant explains what the compiler says: ${says}`)
    for (const number of numbers) refused.add(number)
  }
  return refused
}

function described(
  { file, number, change }: Numbered & { file: string },
  sources: ReadonlyMap<string, string>,
): ContractMutant {
  const bytes = Buffer.from(sources.get(file) ?? '')
  const above = bytes.subarray(0, change.start).toString().split('\n')
  const before = bytes.subarray(change.start, change.end).toString()
  const column = (above.at(-1) ?? '').length + 1
  const { operator, after } = change
  return { file: `contracts/${file}`, line: above.length, column, operator, before, after, number, change }
}

/** A source with one mutant and nothing else, as a person would write it. */
export function mutated(source: string, { start, end, after, host }: SolidityChange): string {
  const bytes = Buffer.from(source)
  const text = host.kind === 'statement' ? '{}' : after
  const to = host.kind === 'statement' ? bytes.indexOf(';', end) + 1 : end
  return `${bytes.subarray(0, start)}${text}${bytes.subarray(to)}`
}
