import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { EmptyState, type EmptyStateProps } from './EmptyState.tsx'
import { ErrorState } from './ErrorState.tsx'
import { LoadMore } from './LoadMore.tsx'
import { SkeletonRows } from './Skeleton.tsx'
import { Table, type TableProps } from './Table.tsx'

export type PagedTableProps<Row> = Omit<TableProps<Row>, 'rows'> & {
  list: UseInfiniteQueryResult<InfiniteData<{ items: readonly Row[] }>>
  /** What it says when the first page cannot be read, e.g. `The leases could not be read`. */
  failed: string
  /** How many rows are likely, to hold their place. */
  likelyRows: number
  /** What stands in place of no rows. */
  empty: EmptyStateProps
}

/** A list that is read page by page: while it loads, when that failed, when there is nothing, and all of it. */
export function PagedTable<Row>({ list, failed, likelyRows, empty, ...table }: PagedTableProps<Row>) {
  const rows = list.data?.pages.flatMap((page) => page.items)
  if (list.error && !rows) return <ErrorState error={list.error} title={failed} retry={() => void list.refetch()} />
  if (!rows) return <SkeletonRows rows={likelyRows} />
  if (rows.length === 0) return <EmptyState {...empty} />
  return (
    <>
      <Table rows={rows} {...table} />
      <LoadMore {...list} />
    </>
  )
}
