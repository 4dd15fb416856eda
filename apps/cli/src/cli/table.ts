import { stripVTControlCharacters } from 'node:util'
import type { Out } from './out.ts'

/** Prints rows below their headings, each column as wide as its widest cell. */
export function printTable(out: Out, headings: readonly string[], rows: readonly (readonly string[])[]): void {
  // Colours take no place.
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd()
  out.line(out.paint('dim', lineOf(headings)))
  for (const row of rows) out.line(lineOf(row))
}
