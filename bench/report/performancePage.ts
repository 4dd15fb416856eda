import type { Bench } from './benches.ts'
import { themes } from './drawChart.ts'
import { formatCell, formatHeading, isNumeric } from './formatTable.ts'
import type { Kept } from './keep.ts'
import type { BenchChart, BenchTable } from './types.ts'

/** Where charts lie, as docs/performance.md names them. */
const IMAGES = 'images/performance'

const introduction = `# Performance

Every benchmark lives in [\`bench/\`](../bench), is one command, and compares with a floor in the same run, so that the ratio means
something on any machine. \`npm run bench\` runs all of them, one after the other and each in a process of its own, keeps what they find in
[\`bench/results\`](../bench/results) with the commit and the machine, and writes this page from it; the remarks between the tables are in
[\`bench/notes\`](../bench/notes). \`npm run bench -- --only gas,era\` runs some, \`npm run bench -- --render\` only writes the page. No test
asserts a time.`

/** \`light\` or \`dark\` picture of a benchmark's chart, counted from 1: its file name. */
export function chartFile(bench: string, chart: number, theme: string): string {
  return `${bench}-${chart}-${theme}.svg`
}

/**
 * docs/performance.md, from nothing but what is kept.
 *
 * @param kept results by benchmark; those that were never run are left out
 * @param notes hand-written remarks by benchmark
 */
export function performancePage(
  benches: readonly Bench[],
  kept: ReadonlyMap<string, Kept>,
  notes: ReadonlyMap<string, string>,
): string {
  const measured = benches.filter(({ name }) => kept.has(name))
  const groups = [...new Set(measured.map(({ group }) => group))]
  const sections = groups.flatMap((group) => [
    `## ${group}`,
    ...measured
      .filter((bench) => bench.group === group)
      .flatMap(({ name }) => {
        const found = kept.get(name)
        return found ? section(name, found, notes.get(name)) : []
      }),
  ])
  return `${[introduction, ...sections].join('\n\n')}\n`
}

function section(name: string, kept: Kept, notes: string | undefined): string[] {
  const { title, question, tables, charts } = kept.result
  const heading = [`### ${title}`, `${question} \`npm run bench:${name}\``]
  const shown = tables.flatMap((table, index) => [
    ...picturesOf(name, charts, index),
    ...(table.drawn ? [] : markdownTable(table)),
  ])
  const remarks = notes === undefined ? [] : [notes.trim()]
  return [...heading, ...shown, ...remarks, measuredOn(kept)]
}

/** The charts of a table, above it. */
function picturesOf(name: string, charts: readonly BenchChart[], table: number): string[] {
  return charts.flatMap((chart, index) => (chart.table === table ? [picture(name, chart, index + 1)] : []))
}

function picture(name: string, { title }: BenchChart, number: number): string {
  const sources = themes.map((theme) => {
    const file = `${IMAGES}/${chartFile(name, number, theme)}`
    return theme === 'light'
      ? `<img alt="${escaped(title)}" src="${file}">`
      : `<source media="(prefers-color-scheme: ${theme})" srcset="${file}">`
  })
  return `<picture>${sources.toReversed().join('')}</picture>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

function markdownTable(table: BenchTable): string[] {
  const { title, columns, rows, note } = table
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const head = line(columns.map(formatHeading))
  const ruler = `|${columns.map((column) => (isNumeric(table, column) ? '---:' : '---')).join('|')}|`
  const body = rows.map((row) => line(columns.map((column) => formatCell(row[column.key], column))))
  return [`**${title}**`, [head, ruler, ...body].join('\n'), ...(note === undefined ? [] : [note])]
}

function measuredOn({ commit, machine, date, load, seconds }: Kept): string {
  const { processor, cores, memoryBytes, system, node } = machine
  const memory = `${formatCell(memoryBytes / 2 ** 30, { digits: 0 })} GiB`
  const where = `${cores} cores of ${processor}, ${memory}, ${system}, Node ${node.replace(/^v/, '')}`
  const when = `${date.slice(0, 10)}, at commit \`${commit}\``
  return `<sub>${when}, in ${formatCell(seconds, { digits: 0 })} s, from a load of ${formatCell(load, { digits: 1 })} on; ${where}.</sub>`
}
