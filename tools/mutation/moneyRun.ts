import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { keptRuns } from './keptRuns.ts'
import { type MoneySuite, moneySuites } from './moneySuites.ts'
import type { JudgedMutant, MutantStatus } from './mutant.ts'
import { runProcess } from './runProcess.ts'

const root = join(import.meta.dirname, '../..')
const kept = join(root, '.mutation/money')

/** Rooms that no test of the suites needs a copy of. */
const notCopied = [
  'bench',
  'chaos',
  'contracts',
  'deploy',
  'docs',
  'e2e',
  'examples',
  'fuzz',
  'tools',
  'apps/dashboard',
  '.mutation',
]

type StrykerMutant = {
  mutatorName: string
  replacement?: string
  status: string
  location: { start: { line: number; column: number }; end: { line: number; column: number } }
  killedBy?: string[]
}

type StrykerReport = {
  files: Record<string, { source: string; mutants: StrykerMutant[] }>
  testFiles?: Record<string, { tests: { id: string; name: string }[] }>
}

/** The suites' files, each with its suite. */
export function moneyFiles(): { file: string; suite: MoneySuite }[] {
  return moneySuites.flatMap((suite) =>
    globSync([...suite.files], { cwd: root })
      .sort()
      .map((file) => ({ file, suite })),
  )
}

/** Changes one file in every way that Stryker knows, and runs the tests that import it. Kept until the file or one of these tests changes. */
export async function mutateMoneyFile(file: string, suite: MoneySuite, signal: AbortSignal): Promise<JudgedMutant[]> {
  const run = keptRuns(root, join(kept, `${file.replaceAll('/', '-')}.json`), file, suite.tests)
  const before = run.read()
  if (before) return before
  const report = await stryker(file, suite, signal)
  const mutants = judgedOf(file, report)
  run.write({ mutants, tests: Object.keys(report.testFiles ?? {}) })
  return mutants
}

/** @throws {Error} with what Stryker said, if it did not come to its end */
async function stryker(file: string, suite: MoneySuite, signal: AbortSignal): Promise<StrykerReport> {
  // Two runs at a time do not meet.
  const folder = mkdtempSync(join(tmpdir(), 'tender-mutation-'))
  try {
    return await runIn(folder, file, suite, signal)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, file: string, suite: MoneySuite, signal: AbortSignal): Promise<StrykerReport> {
  const [config, vitest, report] = [
    join(folder, 'stryker.json'),
    join(folder, 'vitest.mjs'),
    join(folder, 'report.json'),
  ]
  // A busy machine makes a test late, not wrong: Stryker alone says what never ends.
  const tests = { environment: 'node', include: suite.tests, retry: 0, testTimeout: 0 }
  writeFileSync(vitest, `export default ${JSON.stringify({ test: tests })}\n`)
  writeFileSync(config, JSON.stringify(strykerOptions(file, folder)))
  const main = join(
    dirname(createRequire(join(root, 'package.json')).resolve('@stryker-mutator/core/package.json')),
    'bin/stryker.js',
  )
  const args = [main, 'run', config]
  const { code, says } = await runProcess(process.execPath, args, { cwd: root, env: process.env, signal })
  if (code !== 0) throw new Error(`Stryker ended with ${code} on ${file}:\n${says.slice(-10_000)}`)
  // CAST: the report's own schema
  return JSON.parse(readFileSync(report, 'utf8')) as StrykerReport
}

function strykerOptions(file: string, folder: string): object {
  return {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: join(folder, 'vitest.mjs') },
    mutate: [file],
    // What an error says is looked at where a person reads it; a test of every word would only repeat it.
    mutator: { excludedMutations: ['StringLiteral'] },
    ignorePatterns: notCopied.map((room) => `/${room}`),
    reporters: ['json'],
    jsonReporter: { fileName: join(folder, 'report.json') },
    concurrency: 1,
    coverageAnalysis: 'perTest',
    // TypeScript 7 has no way to read its settings from a program, and nothing here needs them: Node and Vite strip types.
    tsconfigFile: 'none.json',
    tempDirName: join(folder, 'sandbox'),
    timeoutMS: 120_000,
    allowConsoleColors: false,
  }
}

const statuses: Readonly<Record<string, MutantStatus>> = {
  Killed: 'killed',
  Survived: 'survived',
  NoCoverage: 'survived',
  Timeout: 'timeout',
  // The change breaks the tests before they begin.
  RuntimeError: 'killed',
}

function judgedOf(file: string, { files, testFiles }: StrykerReport): JudgedMutant[] {
  const names = new Map(
    Object.values(testFiles ?? {}).flatMap(({ tests }) => tests.map(({ id, name }) => [id, name] as const)),
  )
  return Object.values(files).flatMap(({ source, mutants }) =>
    mutants.flatMap(({ mutatorName, replacement = '', status, location, killedBy }) => {
      const known = statuses[status]
      if (!known) return []
      const { line, column } = location.start
      const by = names.get(killedBy?.[0] ?? '')
      const before = textAt(source, location)
      return [
        { file, line, column, operator: mutatorName, before, after: replacement, status: known, ...(by ? { by } : {}) },
      ]
    }),
  )
}

function textAt(source: string, { start, end }: StrykerMutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  return lines
    .map((line, index) => line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined))
    .join('\n')
}
