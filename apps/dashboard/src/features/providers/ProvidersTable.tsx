import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  type Header,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table'
import type { Provider } from '@tender/api'
import { ArrowDown, ArrowUp, ArrowUpDown } from 'lucide-react'
import { useMemo, useState } from 'react'
import { cn } from '../../shared/ui/cn.ts'
import { providerColumns } from './providerColumns.tsx'

export type ProvidersTableProps = {
  providers: readonly Provider[]
  /** Resource class whose price is shown. */
  resource: string
  /** Those that are to be compared. */
  chosen: readonly string[]
  onToggle: (id: string) => void
}

/** Providers that can be sorted by every column, and ticked for comparison. */
export function ProvidersTable({ providers, resource, chosen, onToggle }: ProvidersTableProps) {
  const [sorting, setSorting] = useState<SortingState>([{ id: 'score', desc: true }])
  const data = useMemo(() => [...providers], [providers])
  const columns = useMemo<ColumnDef<Provider>[]>(
    () => [
      {
        id: 'choose',
        enableSorting: false,
        header: () => <span className="sr-only">Compare</span>,
        cell: ({ row: { original } }) => (
          <input
            type="checkbox"
            aria-label={`Compare provider ${original.id}`}
            checked={chosen.includes(original.id)}
            onChange={() => onToggle(original.id)}
            className="block size-4 accent-accent"
          />
        ),
      },
      ...providerColumns(resource),
    ],
    [resource, chosen, onToggle],
  )
  const table = useReactTable({
    data,
    columns,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: (provider) => provider.id,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="overflow-x-auto" tabIndex={0} aria-label="Providers">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">Providers</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-line text-[13px] text-muted">
              {group.headers.map((header) => (
                <HeaderCell key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody className="divide-y divide-line">
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="transition-colors hover:bg-inset/60">
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={cn('h-12 whitespace-nowrap', looks(cell.column.columnDef))}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const directions = { asc: 'ascending', desc: 'descending' } as const

function HeaderCell({ header }: { header: Header<Provider, unknown> }) {
  const { column } = header
  const sorted = column.getIsSorted()
  const Icon = sorted === 'asc' ? ArrowUp : sorted === 'desc' ? ArrowDown : ArrowUpDown
  const content = flexRender(column.columnDef.header, header.getContext())
  return (
    <th
      scope="col"
      aria-sort={sorted ? directions[sorted] : undefined}
      className={cn('h-9 font-medium whitespace-nowrap', looks(column.columnDef))}
    >
      {column.getCanSort() ? (
        <button
          type="button"
          onClick={column.getToggleSortingHandler()}
          className={cn('inline-flex items-center gap-1 hover:text-ink', sorted && 'text-ink')}
        >
          {content}
          <Icon className={cn('size-3', !sorted && 'opacity-50')} aria-hidden />
        </button>
      ) : (
        content
      )}
    </th>
  )
}

function looks({ meta }: ColumnDef<Provider>): string {
  // CAST: what `providerColumns` says of a column
  const right = (meta as { right?: boolean } | undefined)?.right === true
  return cn('px-2 first:pl-4 last:pr-4 sm:px-3 sm:first:pl-5 sm:last:pr-5', right ? 'text-right' : 'text-left')
}
