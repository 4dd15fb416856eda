import { Card } from '../../shared/ui/Card.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'

export function ComparePage() {
  return (
    <Page title="Compare">
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    </Page>
  )
}
