import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { contractsDir } from '../../forge.ts'
import type { JudgedMutant } from '../mutant.ts'
import { type ContractMutant, mutated, type SwitchedContracts, switchContracts } from './contractSources.ts'
import { build, layOut, runTests, type TestGroup, testPlain, testsOf } from './contractTests.ts'
import { bytecodeOf } from './solidityAst.ts'

const keptFile = join(contractsDir, '../.mutation/contracts.jsonl')

type Kept = { key: string; source: string; tests: string; judged: JudgedMutant }

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function hashOfTests(): string {
  const files = globSync('test/**/*.sol', { cwd: contractsDir }).sort()
  return hashOf(files.map((file) => readFileSync(join(contractsDir, file), 'utf8')).join('\0'))
}

function keyOf({ file, change }: ContractMutant): string {
  return `${file}:${change.start}:${change.end}:${change.operator}:${change.after}`
}

/** What earlier runs found. A death is kept until the source changes, a survival until any test does. */
function readKept(): (mutant: ContractMutant, source: string, tests: string) => JudgedMutant | undefined {
  const lines = existsSync(keptFile) ? readFileSync(keptFile, 'utf8').split('\n') : []
  // CAST: our own file; a last line that was cut off is no line
  const all = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Kept)
  const byKey = new Map(all.map((kept) => [`${kept.source} ${kept.key}`, kept]))
  return (mutant, source, tests) => {
    const kept = byKey.get(`${source} ${keyOf(mutant)}`)
    if (!kept || (kept.judged.status === 'survived' && kept.tests !== tests)) return
    return { ...kept.judged, line: mutant.line, column: mutant.column }
  }
}

export type ContractRun = {
  /** Which mutants are wanted. */
  wanted(mutants: readonly ContractMutant[]): readonly ContractMutant[]
  /** Told of every mutant, also of those that an earlier run judged. */
  onJudged(judged: JudgedMutant, done: number, of: number): void
  onStep(says: string): void
  signal: AbortSignal
}

/** Judges mutants of the contracts, one after the other: compiled together, tested each. */
export async function mutateContracts({ wanted, onJudged, onStep, signal }: ContractRun): Promise<JudgedMutant[]> {
  const contracts = switchContracts()
  const mutants = wanted(contracts.mutants)
  const [kept, tests] = [readKept(), hashOfTests()]
  const sourceOf = (mutant: ContractMutant) => contracts.sources.get(mutant.file.replace('contracts/', '')) ?? ''
  const judged: JudgedMutant[] = []
  const plainRuns = new Map<string, Promise<void>>()
  const prepared = async (group: TestGroup) => {
    if (plainRuns.size === 0) {
      onStep('compiling all mutants: this takes minutes')
      layOutFor(contracts, mutants)
      await build(signal)
    }
    const name = `${group.path} but ${group.not}`
    const before = plainRuns.get(name)
    if (!before) onStep(`without a mutant: ${name}`)
    const run = before ?? testPlain(group, signal)
    plainRuns.set(name, run)
    await run
  }
  for (const mutant of mutants) {
    const source = hashOf(sourceOf(mutant))
    const before = kept(mutant, source, tests)
    const found = before ?? (await judge(mutant, contracts, prepared, signal))
    if (!before) keep({ key: keyOf(mutant), source, tests, judged: found })
    judged.push(found)
    onJudged(found, judged.length, mutants.length)
  }
  return judged
}

function keep(kept: Kept): void {
  mkdirSync(dirname(keptFile), { recursive: true })
  appendFileSync(keptFile, `${JSON.stringify(kept)}\n`)
}

/** The files of these mutants switched, the others plain; what is pure in one is a view in all. */
function layOutFor({ sources, switched }: SwitchedContracts, mutants: readonly ContractMutant[]): void {
  const files = new Set(mutants.map(({ file }) => file.replace('contracts/', '')))
  const plain = (source: string) => source.replace(/\bpure\b(?! override)/g, 'view')
  layOut(
    new Map([...sources].map(([file, source]) => [file, (files.has(file) && switched.get(file)) || plain(source)])),
  )
}

async function judge(
  { number, change, ...mutant }: ContractMutant,
  { sources }: SwitchedContracts,
  prepared: (group: TestGroup) => Promise<void>,
  signal: AbortSignal,
): Promise<JudgedMutant> {
  for (const group of testsOf(mutant.file)) {
    await prepared(group)
    const { passed, timedOut, failed, says } = await runTests(group, number, signal)
    if (timedOut) return { ...mutant, status: 'timeout' }
    if (!passed && !failed) throw new Error(`the tests did not run:\n${says.slice(-3_000)}`)
    if (!passed) return { ...mutant, status: 'killed', ...(failed ? { by: failed } : {}) }
  }
  const isSame = isSameProgram(mutant.file.replace('contracts/', ''), change, sources)
  return { ...mutant, status: isSame ? 'equivalent' : 'survived' }
}

const entries = [
  'CapacityRegistry',
  'EraReports',
  'Jobs',
  'LeaseEscrow',
  'OrderBook',
  'ProviderRegistry',
  'Rewards',
  'StakeToken',
  'Staking',
]
const plainCode = new Map<string, string>()

/** Whether every contract that is deployed comes to the same bytes with the mutant as without. */
function isSameProgram(file: string, change: ContractMutant['change'], sources: ReadonlyMap<string, string>): boolean {
  const source = sources.get(file) ?? ''
  const other = new Map(sources).set(file, mutated(source, change))
  return entries.every((name) => {
    const entry = `src/${name}.sol`
    if (!reaches(entry, file, sources)) return true
    const plain = plainCode.get(name) ?? JSON.stringify(bytecodeOf(contractsDir, entry, sources))
    plainCode.set(name, plain)
    return JSON.stringify(bytecodeOf(contractsDir, entry, other)) === plain
  })
}

/** Whether a file is imported by another one, through whatever lies between. */
function reaches(from: string, to: string, sources: ReadonlyMap<string, string>, seen = new Set<string>()): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  seen.add(from)
  const imports = [...(sources.get(from) ?? '').matchAll(/from "(\.[^"]+)"/g)].map(([, path]) =>
    join(dirname(from), path ?? ''),
  )
  return imports.some((path) => reaches(path, to, sources, seen))
}
