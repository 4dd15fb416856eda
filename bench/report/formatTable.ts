import type { BenchColumn, BenchTable } from './types.ts'

type Cell = string | number | null | undefined

/** A value as people read it: thousands set apart, the column's digits, nothing for null. */
export function formatCell(value: Cell, { digits }: Pick<BenchColumn, 'digits'>): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  const places = digits ?? (Number.isInteger(value) ? 0 : 2)
  return value.toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places })
}

/** The heading of a column: its label, and its unit if it has one. */
export function formatHeading({ label, unit }: BenchColumn): string {
  return unit === undefined ? label : `${label} (${unit})`
}

/** True if the column has numbers and nothing else. Such columns are aligned to the right. */
export function isNumeric({ rows }: BenchTable, { key }: BenchColumn): boolean {
  const values = rows.map((row) => row[key] ?? null).filter((value) => value !== null)
  return values.length > 0 && values.every((value) => typeof value === 'number')
}

/**
 * A table for a terminal, in columns of equal width.
 *
 * @example
 * formatTable({ title: 'Gas', columns: [{ key: 'gas', label: 'gas' }], rows: [{ gas: 21000 }] })
 * // 'Gas\n\n   gas\n21,000'
 */
export function formatTable(table: BenchTable): string {
  const { title, columns, rows, note } = table
  const texts = columns.map((column) => {
    const cells = [formatHeading(column), ...rows.map((row) => formatCell(row[column.key], column))]
    const width = Math.max(...cells.map(({ length }) => length))
    return cells.map((cell) => (isNumeric(table, column) ? cell.padStart(width) : cell.padEnd(width)))
  })
  const lines = Array.from({ length: rows.length + 1 }, (_, line) =>
    texts
      .map((cells) => cells[line] ?? '')
      .join('  ')
      .trimEnd(),
  )
  return [title, '', ...lines, ...(note === undefined ? [] : ['', note])].join('\n')
}
