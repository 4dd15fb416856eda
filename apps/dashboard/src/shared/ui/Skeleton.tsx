import { cn } from './cn.ts'

/** Holds the place of what is still loading, in its size, so that nothing moves when it arrives. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('skeleton block h-4 w-24', className)} />
}

/** Rows of a table that is still loading. */
export function SkeletonRows({ rows, className }: { rows: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without content have nothing else, and never move
        <div key={row} className={cn('flex h-11 items-center gap-6 px-4 sm:px-5', className)}>
          <Skeleton className="w-1/4" />
          <Skeleton className="w-1/5" />
          <Skeleton className="ml-auto w-1/6" />
        </div>
      ))}
    </div>
  )
}
