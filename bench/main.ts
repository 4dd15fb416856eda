/**
 * Runs the benchmarks, one after the other and each in a process of its own, keeps what they find, and writes docs/performance.md.
 *
 *   npm run bench                     all but those that say that they are to be run alone
 *   npm run bench -- --only gas,era
 *   npm run bench -- --render         writes the page from what is kept
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { exitCode, InvalidInputError, TenderError } from '@tender/protocol'
import { benches } from './report/benches.ts'
import { circumstances, type Kept, keepResult } from './report/keep.ts'
import { describeOptions, parseOptions } from './report/options.ts'
import { render } from './report/render.ts'
import { interruption } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

const options = {
  only: { default: '', about: 'benchmarks to run, with commas between' },
  render: { default: false, about: 'run none; write the page from what is kept' },
} as const

function help(): string {
  const names = benches.map(({ name, alone }) => (alone ? `${name} (only when named)` : name)).join(', ')
  return `npm run bench [-- OPTIONS]

Runs the benchmarks one after the other, keeps what they find in bench/results, and writes docs/performance.md.

${describeOptions(options)}

Benchmarks: ${names}
Example: npm run bench -- --only gas,era`
}

/** @throws {InvalidInputError} for a name that there is not */
function chosen(only: string): string[] {
  if (only === '') return benches.filter(({ alone }) => !alone).map(({ name }) => name)
  const names = only.split(',')
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name))
  const issues = unknown.map((name) => ({ message: `there is no benchmark ${JSON.stringify(name)}`, path: '--only' }))
  if (issues.length > 0) throw new InvalidInputError('an option is not understood', issues)
  return names
}

/** Runs one benchmark in a process of its own. @throws {Error} if it fails */
async function runOne(name: string, signal: AbortSignal): Promise<Kept> {
  const at = circumstances()
  const startedMs = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Else Ctrl-C would reach it twice, and it would not end cleanly.
    detached: true,
  })
  const stop = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  try {
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    if (code !== 0) throw new Error(`it ended with ${code}${await aside(name, printed)}`)
    // CAST: runBench prints exactly this
    const result = JSON.parse(printed) as BenchResult
    return { ...at, seconds: (performance.now() - startedMs) / 1000, result }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What a benchmark that failed measured all the same is not kept, but half an hour's work is not lost. @returns where it is */
async function aside(name: string, printed: string): Promise<string> {
  if (printed === '') return ''
  const path = join(await mkdtemp(join(tmpdir(), 'tender-bench-')), `${name}.json`)
  await writeFile(path, printed)
  return `; what it measured is in ${path}`
}

/** One after the other; a benchmark that fails does not stop the next. @returns what was kept, and whether all went well */
async function runAll(names: readonly string[], signal: AbortSignal): Promise<{ all: Kept[]; ok: boolean }> {
  const all: Kept[] = []
  for (const name of names) {
    if (signal.aborted) break
    console.error(`── ${name}`)
    try {
      const kept = await runOne(name, signal)
      await keepResult(kept)
      all.push(kept)
      console.error(`── ${name}: kept after ${kept.seconds.toFixed(0)} s`)
    } catch (error) {
      console.error(`── ${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { all, ok: all.length === names.length }
}

async function main(): Promise<void> {
  const { values, json, help: asked } = parseOptions(process.argv.slice(2), options)
  if (asked) {
    console.log(help())
    return
  }
  const names = values.render ? [] : chosen(values.only)
  const { all, ok } = await runAll(names, interruption())
  await render()
  if (json) console.log(JSON.stringify(all))
  else console.log('docs/performance.md is written')
  if (!ok) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(error instanceof TenderError ? error.message : error)
  process.exitCode = exitCode(error)
}
