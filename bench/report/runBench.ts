import { constants } from 'node:os'
import { exitCode, TenderError } from '@tender/protocol'
import { formatTable } from './formatTable.ts'
import { type BenchOptions, describeOptions, type OptionValues, parseOptions } from './options.ts'
import type { BenchResult } from './types.ts'

/** What `--help` says of a benchmark, and the options that it takes besides `--json` and `--help`. */
export type BenchHelp<O extends BenchOptions> = { about?: string; options?: O }

/**
 * A benchmark's command: parses its options, measures, and prints the tables, or with `--json` the result. The signal is aborted by
 * Ctrl-C; `measure` should then end what it started. Progress belongs on stderr. Sets the exit code: 0, 1 if the measuring failed,
 * 2 if the options are wrong.
 *
 * @example
 * await runBench('era', ({ leases }, signal) => measure(leases, signal), {
 *   about: 'Computing an era’s report.',
 *   options: { leases: { default: 100_000, about: 'leases of the largest market' } },
 * })
 */
export async function runBench<const O extends BenchOptions>(
  name: string,
  measure: (options: OptionValues<O>, signal: AbortSignal) => Promise<BenchResult>,
  { about = '', options }: BenchHelp<O> = {},
): Promise<void> {
  // CAST: without options there are no values to tell apart
  const declared = options ?? ({} as O)
  try {
    const { json, help, values } = parseOptions(process.argv.slice(2), declared)
    if (help) console.log(helpOf(name, about, declared))
    else print(await measure(values, interruption()), json)
  } catch (error) {
    console.error(error instanceof TenderError ? error.message : error)
    process.exitCode = exitCode(error)
  }
}

function print(result: BenchResult, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(result))
    return
  }
  console.log(`${result.title}: ${result.question}`)
  for (const table of result.tables.filter(({ drawn }) => !drawn)) console.log(`\n${formatTable(table)}`)
}

function helpOf(name: string, about: string, declared: BenchOptions): string {
  const script = `npm run bench:${name}`
  const [first] = Object.entries(declared)
  const own = first ? ` --${first[0]}${typeof first[1].default === 'boolean' ? '' : ` ${first[1].default}`}` : ''
  return [`${script} [-- OPTIONS]`, about, describeOptions(declared), `Example: ${script} --${own} --json`].join('\n\n')
}

/** Aborted by the first Ctrl-C; whoever asks twice does not want to wait for a clean end. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name])
      controller.abort(new TenderError('interrupted', { code: 'interrupted', class: 'cancelled' }))
    })
  }
  return controller.signal
}
