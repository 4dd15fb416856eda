import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import type { JudgedMutant } from '../mutant.ts'
import { runProcess } from '../runProcess.ts'
import { instrument } from './instrument.ts'
import { keptRuns, type MoneyFindings } from './keptRuns.ts'
import { type MoneySuite, moneySuites } from './moneySuites.ts'
import { type Finding, type MutationTask, TASK_VARIABLE } from './task.ts'

const root = join(import.meta.dirname, '../../..')
const kept = join(root, '.mutation/money')

/** Of the processor's work, not of the clock: the slowest of these tests takes three. */
const STUCK_SECONDS = 20

/** The suites' files, each with its suite. */
export function moneyFiles(): { file: string; suite: MoneySuite }[] {
  return moneySuites.flatMap((suite) =>
    globSync([...suite.files], { cwd: root })
      .sort()
      .map((file) => ({ file, suite })),
  )
}

/**
 * Changes one file in every way that Stryker knows, and runs the tests that reach the change. Kept until the file or one of these tests
 * changes.
 */
export async function mutateMoneyFile(file: string, suite: MoneySuite, signal: AbortSignal): Promise<JudgedMutant[]> {
  const run = keptRuns(root, join(kept, `${file.replaceAll('/', '-')}.json`), file, suite.tests)
  const before = run.read()
  if (before) return before
  const findings = await judgeFile(root, file, suite.tests, signal)
  run.write(findings)
  return findings.mutants
}

/**
 * Judges every change of one file.
 *
 * @param directory that the paths start from
 * @param tests patterns; of these, those that reach the file are told
 * @param stuckSeconds how long the processor may work for one change and one test
 * @throws {Error} with what Vitest said, if the tests fail without any change
 */
export async function judgeFile(
  directory: string,
  file: string,
  tests: readonly string[],
  signal: AbortSignal,
  stuckSeconds = STUCK_SECONDS,
): Promise<MoneyFindings> {
  const { source, mutants } = await instrument(file, readFileSync(join(directory, file), 'utf8'))
  const paths = besideFirst(file, globSync([...tests], { cwd: directory })).map((path) => join(directory, path))
  // Two runs at a time do not meet.
  const folder = mkdtempSync(join(tmpdir(), 'tender-mutation-'))
  try {
    const found = new Map<string, Verdict>()
    let reached: string[] = []
    while (found.size < mutants.length) {
      const left = mutants.map(({ id }) => id).filter((id) => !found.has(id))
      const task = { file: join(directory, file), source, tests: paths, mutants: left, stuckSeconds }
      const some = await judgeSome(folder, task, signal)
      reached = some.reached
      for (const [id, verdict] of some.found) found.set(id, verdict)
    }
    return {
      mutants: mutants.map(({ id, ...mutant }) => ({ ...mutant, ...(found.get(id) ?? { status: 'survived' }) })),
      tests: reached.map((path) => relative(directory, path)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Verdict = Pick<JudgedMutant, 'status' | 'by'>

/** One process of Vitest: it judges all, or up to one that never ends. @throws {Error} if it judges none */
async function judgeSome(
  folder: string,
  task: Omit<MutationTask, 'journal'>,
  signal: AbortSignal,
): Promise<{ found: Map<string, Verdict>; reached: string[] }> {
  const journal = join(folder, 'journal')
  writeFileSync(journal, '')
  const says = await runVitest(folder, { ...task, journal }, signal)
  const found = new Map<string, Verdict>()
  let reached: string[] = []
  let begun: string | undefined
  for (const finding of findingsIn(journal)) {
    if ('reached' in finding) reached = finding.reached
    else if ('begun' in finding) begun = finding.begun
    else found.set(finding.id, { status: finding.status, ...(finding.by ? { by: finding.by } : {}) })
  }
  if (begun === undefined) throw new Error(`the tests of ${task.file} do not run:\n${says}`)
  // The process did not come to the end of this one: nothing but the change can be why.
  if (!found.has(begun)) found.set(begun, { status: 'timeout' })
  return { found, reached }
}

/** The tests that are likeliest to notice a change come first. */
function besideFirst(file: string, tests: readonly string[]): string[] {
  const beside = file.replace(/\.ts$/, '.test.ts')
  const room = file.slice(0, -basename(file).length)
  const rank = (test: string) => (test === beside ? 0 : test.startsWith(room) ? 1 : 2)
  return tests.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

/** @returns the end of what it said */
async function runVitest(folder: string, task: MutationTask, signal: AbortSignal): Promise<string> {
  const taskPath = join(folder, 'task.json')
  writeFileSync(taskPath, JSON.stringify(task))
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    join(import.meta.dirname, 'vitest.config.ts'),
  ]
  const env = { ...process.env, [TASK_VARIABLE]: taskPath }
  const { says } = await runProcess(process.execPath, args, { cwd: root, env, signal })
  return says.slice(-10_000)
}

function findingsIn(journal: string): Finding[] {
  // A line that was cut short is of a finding that was not made.
  const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
  // CAST: judgeMutants.ts wrote them
  return lines.map((line) => JSON.parse(line) as Finding)
}
