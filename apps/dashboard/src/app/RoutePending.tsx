import { Card } from '../shared/ui/Card.tsx'
import { Skeleton, SkeletonRows } from '../shared/ui/Skeleton.tsx'

/** While the code of a page is on its way. */
export function RoutePending() {
  return (
    <div className="flex flex-col gap-5">
      <Skeleton className="h-8 w-48" />
      <Card flush>
        <SkeletonRows rows={8} />
      </Card>
    </div>
  )
}
