import type { Row } from './scenarios.ts'
import type { Items } from './trace.ts'

/** The rows as a table: gas, the reference's gas for the same, how many times as much. */
export function printRows(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length))
  console.log(`${'name'.padEnd(width)}  ${'gas'.padStart(9)}  ${'reference'.padStart(9)}  ratio`)
  for (const { name, gas, reference, ratio } of rows) {
    const compared = reference === null ? '' : `  ${count(reference).padStart(9)}  ${ratio?.toFixed(2)}`
    console.log(`${name.padEnd(width)}  ${count(gas).padStart(9)}${compared}`)
  }
}

/** Where a match of one replica spends its gas, beside the reference's. */
export function printItems({ ours, reference }: { ours: Items; reference: Items }): void {
  const names = [...new Set([...ours.keys(), ...reference.keys()])]
  const lines = names.map((name) => ({ name, ours: ours.get(name) ?? 0, reference: reference.get(name) ?? 0 }))
  lines.sort((a, b) => b.ours - b.reference - (a.ours - a.reference))
  lines.push({
    name: 'all',
    ours: lines.reduce((sum, line) => sum + line.ours, 0),
    reference: lines.reduce((sum, line) => sum + line.reference, 0),
  })
  const width = Math.max(...lines.map(({ name }) => name.length))
  console.log(`\n${'match.1 item by item'.padEnd(width)}  ${'gas'.padStart(8)}  ${'reference'.padStart(9)}      over`)
  for (const line of lines) {
    const over = line.ours - line.reference
    console.log(
      `${line.name.padEnd(width)}  ${count(line.ours).padStart(8)}  ${count(line.reference).padStart(9)}  ${count(over).padStart(8)}`,
    )
  }
}

function count(value: number): string {
  return value.toLocaleString('en')
}
