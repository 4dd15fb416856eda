import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { Card } from '../shared/ui/Card.tsx'
import { ErrorState } from '../shared/ui/ErrorState.tsx'

/** In place of a page that broke. The rest of the dashboard goes on. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <Card>
      <ErrorState error={error} title="This page could not be shown" retry={retry} />
    </Card>
  )
}
