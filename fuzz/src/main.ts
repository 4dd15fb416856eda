/**
 * Coverage-guided fuzzing of every parser that meets bytes from outside: docs/security.md. What it finds is kept in `fuzz/findings`.
 *
 *   npm run fuzz                                   # every target, 20,000 runs each
 *   npm run fuzz -- cbor gossip --runs 1000000     # some
 *   npm run fuzz -- --minutes 5 --seed 7           # each for five minutes
 *   npm run fuzz -- --save                         # replaces the committed corpus by what covers the most
 */
import { createHash, randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeCorpus } from './corpus.ts'
import type { Finding } from './judge.ts'
import { runTarget, type TargetRun } from './runTarget.ts'
import { targetNames } from './targets.ts'

const HELP = `npm run fuzz -- [TARGET…] [--runs N | --minutes M] [--seed S] [--save] [--json] [--list]

  --runs N      inputs for each target (default 20000)
  --minutes M   time for each target, instead of a number of runs
  --seed S      what inputs follow from; told if not given
  --save        keep the inputs that cover the most as the committed corpus
  --json        results for programs
  --list        the targets

Example: npm run fuzz -- cbor gossip --runs 1000000 --seed 1`

const DEFAULT_RUNS = 20_000
const findingsDir = join(import.meta.dirname, '..', 'findings')

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(HELP)
  if (values.list) return console.log(targetNames.join('\n'))
  const unknown = positionals.find((name) => !targetNames.includes(name))
  if (unknown !== undefined) throw new RangeError(`there is no target ${unknown}: --list names them`)
  const minutes = numberOf('minutes', values.minutes)
  const limits = {
    runs: numberOf('runs', values.runs) ?? (minutes === undefined ? DEFAULT_RUNS : Number.MAX_SAFE_INTEGER),
    minutes: minutes ?? Number.MAX_SAFE_INTEGER,
    seed: numberOf('seed', values.seed) ?? randomInt(2 ** 31),
  }
  console.error(`seed ${limits.seed}`)
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const rows: TargetRun[] = []
  for (const name of positionals.length > 0 ? positionals : targetNames) {
    if (interrupted.signal.aborted) break
    const row = await runOne(name, limits, interrupted.signal)
    rows.push(row)
    if (values.save && row.corpus) writeCorpus(name, row.corpus)
  }
  if (values.json) console.log(JSON.stringify({ seed: limits.seed, targets: rows.map(plain) }, null, 2))
  else console.table(rows.map(shown))
  if (interrupted.signal.aborted) process.exitCode = 130
  else if (rows.some(({ findings }) => findings.length > 0)) process.exitCode = 1
}

async function runOne(
  name: string,
  limits: { runs: number; minutes: number; seed: number },
  signal: AbortSignal,
): Promise<TargetRun> {
  const progress = (runs: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${runs} runs`)
  }
  const row = await runTarget({ name, ...limits }, { progress, signal })
  console.error(`${process.stderr.isTTY ? '\r' : ''}${name}: ${row.runs} runs, ${row.findings.length} findings`)
  for (const finding of row.findings)
    console.error(`  ${kept(finding)}: ${finding.kind} ${finding.message} ${finding.place}`)
  return row
}

/** Writes the input to a file; its path. */
function kept({ target, kind, input }: Finding): string {
  mkdirSync(findingsDir, { recursive: true })
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12)
  const path = join(findingsDir, `${target}-${kind}-${digest}.bin`)
  writeFileSync(path, input)
  return path
}

function plain({ corpus, findings, ...row }: TargetRun) {
  const told = findings.map(({ input, ...finding }) => ({ ...finding, base64: Buffer.from(input).toString('base64') }))
  return { ...row, inputs: corpus?.length, findings: told }
}

function shown({ name, runs = 0, seconds, accepted = 0, covered = 0, blocks = 0, corpus, findings }: TargetRun) {
  return {
    target: name,
    runs,
    'runs/s': Math.round(runs / seconds),
    'taken %': Math.round((100 * accepted) / Math.max(runs, 1)),
    blocks: `${covered} of ${blocks}`,
    inputs: corpus?.length ?? 0,
    findings: findings.length,
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number > 0)) throw new RangeError(`--${name} must be a number above 0`)
  return number
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
