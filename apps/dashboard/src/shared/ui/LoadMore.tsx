import { Button } from './Button.tsx'

export type LoadMoreProps = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }

/** At the end of a list that goes on: reads the next page. Takes what `useInfiniteQuery` returns. */
export function LoadMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: LoadMoreProps) {
  if (!hasNextPage) return null
  return (
    <div className="border-t border-line p-2 text-center">
      <Button look="quiet" size="small" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Show more
      </Button>
    </div>
  )
}
