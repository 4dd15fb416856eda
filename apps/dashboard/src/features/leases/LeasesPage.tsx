import { Card } from '../../shared/ui/Card.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'

export function LeasesPage() {
  return (
    <Page title="Leases">
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    </Page>
  )
}
