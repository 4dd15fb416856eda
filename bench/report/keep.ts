import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import type { BenchResult } from './types.ts'

/** On what a result was measured. */
export type Machine = { processor: string; cores: number; memoryBytes: number; system: string; node: string }

/** Where and when a result was measured. */
export type Circumstances = {
  /** Short id; with `+` if the tree had changes that no commit has. */
  commit: string
  machine: Machine
  /** ISO 8601. */
  date: string
  /** How many processes wanted to run, in the minute before it began. */
  load: number
}

/** A result as it is kept in `bench/results/NAME.json`. */
export type Kept = Circumstances & { seconds: number; result: BenchResult }

/** Where results are kept. */
export const resultsDir = join(import.meta.dirname, '../results')

/** The machine, the commit and the moment. */
export function circumstances(): Circumstances {
  const [first] = cpus()
  return {
    commit: git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+'),
    machine: {
      processor: first?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
      node: process.version,
    },
    date: new Date().toISOString(),
    load: loadavg()[0] ?? 0,
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
}

export async function keepResult(kept: Kept): Promise<void> {
  await mkdir(resultsDir, { recursive: true })
  await writeFile(join(resultsDir, `${kept.result.bench}.json`), `${JSON.stringify(kept, null, 2)}\n`)
}

/** All kept results by the names of their benchmarks. */
export async function readKept(directory = resultsDir): Promise<Map<string, Kept>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.json')).sort()
  const all = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
  // CAST: `keepResult` wrote them
  return new Map(all.map((text) => JSON.parse(text) as Kept).map((kept) => [kept.result.bench, kept]))
}
