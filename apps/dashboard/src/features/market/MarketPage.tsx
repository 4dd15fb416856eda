import { Card } from '../../shared/ui/Card.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'

export function MarketPage() {
  return (
    <Page title="Market">
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    </Page>
  )
}
