import type { ReactNode } from 'react'
import { cn } from './cn.ts'

export type Column<Row> = {
  /** Stable name. */
  key: string
  header: ReactNode
  cell: (row: Row) => ReactNode
  /** Numbers stand at the right. */
  align?: 'left' | 'right'
  /** Hidden on narrow screens: what can be missed first. */
  from?: 'sm' | 'md' | 'lg'
  className?: string
}

export type TableProps<Row> = {
  /** What the table lists, for those who cannot see it. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** Rows that just arrived are marked for a moment. */
  isNew?: (row: Row) => boolean
}

const shownFrom = { sm: 'hidden sm:table-cell', md: 'hidden md:table-cell', lg: 'hidden lg:table-cell' } as const

function classesOf<Row>({ align, from, className }: Column<Row>): string {
  return cn(
    'px-2 first:pl-4 last:pr-4 sm:px-3 sm:first:pl-5 sm:last:pr-5',
    align === 'right' ? 'text-right' : 'text-left',
    from && shownFrom[from],
    className,
  )
}

/** Rows and columns; on narrow screens it scrolls within itself, never the page. */
export function Table<Row>({ caption, columns, rows, rowKey, isNew }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="relative overflow-x-auto" tabIndex={0} aria-label={caption}>
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-[13px] text-muted">
            {columns.map((column) => (
              <th key={column.key} scope="col" className={cn('h-9 font-medium whitespace-nowrap', classesOf(column))}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row) => (
            <tr key={rowKey(row)} className={cn('transition-colors hover:bg-inset/60', isNew?.(row) && 'arrived')}>
              {columns.map((column) => (
                <td key={column.key} className={cn('h-11 whitespace-nowrap', classesOf(column))}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
