import type { Out } from './out.ts'

/** Prints rows below their headings, each column as wide as its widest cell. */
export function printTable(out: Out, headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  out.line(out.paint('dim', lineOf(headings)))
  for (const row of rows) out.line(lineOf(row))
}
