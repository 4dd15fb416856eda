import { Card } from '../../shared/ui/Card.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'

export function DeployPage() {
  return (
    <Page title="Deploy">
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    </Page>
  )
}
