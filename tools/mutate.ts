/**
 * Changes the contracts, and the code of money and reputation, in small ways, and tells which changes no test notices.
 *
 *   npm run mutate                                     everything: hours
 *   npm run mutate -- --only money                     TypeScript: minutes
 *   npm run mutate -- --only contracts --sample 200    200 mutants of the contracts, drawn with --seed
 *   npm run mutate -- --files 'contracts/src/{Money,Rewards}.sol' --json
 *   npm run mutate -- --since main~5                   files that changed since a commit
 *
 * What was found is kept in `.mutation/`: a run that was stopped goes on, and what did not change is not run again. Exits with 1
 * if a mutant survives that tools/mutation/acceptedMutants.ts does not accept, or one is accepted that does not survive.
 */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { parseArgs } from 'node:util'
import { acceptedMutants } from './mutation/acceptedMutants.ts'
import { mutateContracts } from './mutation/contracts/contractRun.ts'
import type { ContractMutant } from './mutation/contracts/contractSources.ts'
import { drawSample } from './mutation/drawSample.ts'
import { moneyFiles, mutateMoneyFile } from './mutation/money/moneyRun.ts'
import type { JudgedMutant } from './mutation/mutant.ts'
import { reportText, scoreOf, weigh } from './mutation/report.ts'

const root = join(import.meta.dirname, '..')

const usage = `usage: npm run mutate -- [--only contracts|money] [--files PATTERN]... [--since COMMIT] [--sample N] [--seed N] [--json]

  --only    contracts, or money: the TypeScript of money and reputation
  --files   patterns from the repository's root; more than one may be given
  --since   only files that changed since this commit
  --sample  so many mutants of the contracts, drawn at random
  --seed    of the draw (default 1)
  --json    the verdict and every mutant as JSON

example: npm run mutate -- --files 'contracts/src/Money.sol' --files 'packages/protocol/src/money.ts'`

type Options = {
  only?: string
  files?: string[]
  since?: string
  sample?: string
  seed: string
  json: boolean
  help: boolean
}

/** @throws {TypeError} for an option that there is not */
function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      files: { type: 'string', multiple: true },
      since: { type: 'string' },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const counts = [values.sample ?? '1', values.seed]
  if (!counts.every((text) => /^[1-9]\d{0,8}$/.test(text)))
    throw new TypeError('--sample and --seed take a whole number')
  if (!['contracts', 'money', undefined].includes(values.only)) throw new TypeError('--only takes contracts or money')
  return values
}

/** Whether a file is asked for. @throws {Error} if git does not know the commit */
function chooser({ files, since }: Options): (file: string) => boolean {
  const git = (commit: string) =>
    execFileSync('git', ['diff', '--name-only', commit, '--'], { cwd: root, encoding: 'utf8' })
  const changed = since === undefined ? undefined : new Set(git(since).split('\n'))
  return (file) =>
    (changed === undefined || changed.has(file)) &&
    (files === undefined || files.some((pattern) => matchesGlob(file, pattern)))
}

/** The time, so that who waits sees how fast it goes. */
function tell(says: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${says}`)
}

async function runMoney(options: Options, signal: AbortSignal): Promise<JudgedMutant[]> {
  const isChosen = chooser(options)
  const chosen = options.only === 'contracts' ? [] : moneyFiles().filter(({ file }) => isChosen(file))
  const judged: JudgedMutant[] = []
  for (const [index, { file, suite }] of chosen.entries()) {
    tell(`file ${index + 1} of ${chosen.length}: ${file}`)
    judged.push(...(await mutateMoneyFile(file, suite, signal)))
  }
  return judged
}

async function runContracts(
  options: Options,
  signal: AbortSignal,
): Promise<{ judged: JudgedMutant[]; sampled: boolean }> {
  const isChosen = chooser(options)
  const sources = globSync('contracts/src/**/*.sol', { cwd: root })
  if (options.only === 'money' || !sources.some(isChosen)) return { judged: [], sampled: false }
  const wanted = (mutants: readonly ContractMutant[]) => {
    const chosen = mutants.filter(({ file }) => isChosen(file))
    return options.sample ? drawSample(chosen, Number(options.sample), Number(options.seed)) : chosen
  }
  const onJudged = ({ file, line, operator, status, by }: JudgedMutant, done: number, of: number) =>
    tell(`${done}/${of} ${file}:${line} ${operator} ${status}${by ? ` by ${by}` : ''}`)
  const judged = await mutateContracts({ wanted, onJudged, onStep: tell, signal })
  return { judged, sampled: options.sample !== undefined }
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options.help) {
    console.log(usage)
    return
  }
  const stopped = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort())
  const money = await runMoney(options, stopped.signal)
  const contracts = await runContracts(options, stopped.signal)
  const judged = [...money, ...contracts.judged]
  const whole = new Set((contracts.sampled ? money : judged).map(({ file }) => file))
  const verdict = weigh(judged, acceptedMutants, whole)
  if (judged.length === 0) throw new TypeError('no file of these is changed by any mutant')
  console.log(
    options.json ? JSON.stringify({ ...verdict, score: scoreOf(verdict.total), mutants: judged }) : reportText(verdict),
  )
  if (verdict.open.length + verdict.unneeded.length > 0) process.exitCode = 1
}

main().catch((error: Error) => {
  const isUsage = error instanceof TypeError
  console.error(
    error.name === 'AbortError'
      ? 'stopped: run it again to go on'
      : isUsage
        ? `${error.message}\n\n${usage}`
        : error.message,
  )
  process.exitCode = isUsage ? 2 : 1
})
