import { Compass } from 'lucide-react'
import { ButtonLink } from '../shared/ui/ButtonLink.tsx'
import { Card } from '../shared/ui/Card.tsx'
import { EmptyState } from '../shared/ui/EmptyState.tsx'
import { Page } from '../shared/ui/Page.tsx'

/** For addresses that lead nowhere. */
export function NotFoundPage() {
  return (
    <Page title="Nothing is here">
      <Card>
        <EmptyState
          icon={Compass}
          title="This address leads nowhere"
          actions={
            <ButtonLink to="/" look="primary" size="small">
              To the market
            </ButtonLink>
          }
        >
          It may be mistyped, or from another market. Leases, providers and eras are found from their lists.
        </EmptyState>
      </Card>
    </Page>
  )
}
