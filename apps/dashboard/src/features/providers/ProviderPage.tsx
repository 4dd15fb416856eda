import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ProviderDetail } from '@tender/api'
import { providerErasQuery, providerQuery } from '../../shared/api/queries.ts'
import { countText } from '../../shared/format/number.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { ProviderStateBadge } from '../../shared/ui/ProviderStateBadge.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { Capacity } from './Capacity.tsx'
import { EraHistory } from './EraHistory.tsx'
import { Identity } from './Identity.tsx'
import { Incidents } from './Incidents.tsx'
import { KeyFigures } from './KeyFigures.tsx'
import { ProviderMatches } from './ProviderMatches.tsx'
import { ScoreCard } from './ScoreCard.tsx'

/** Everything that is known of one provider, and how. */
export function ProviderPage() {
  const { id } = useParams({ from: '/providers/$id' })
  const { data, error, refetch } = useQuery(providerQuery(id))
  if (error && !data)
    return (
      <Page title={`Provider #${id}`}>
        <Card>
          <ErrorState
            error={error}
            title={`Provider #${id} could not be shown`}
            retry={() => void refetch()}
            actions={
              <ButtonLink to="/providers" size="small">
                All providers
              </ButtonLink>
            }
          />
        </Card>
      </Page>
    )
  return (
    <Page
      title={`Provider #${id}`}
      badge={data && <Badges provider={data} />}
      lead={
        data && `Runs ${data.drivers.length > 0 ? data.drivers.join(' and ') : 'nothing that was heard of lately'}.`
      }
      actions={
        <ButtonLink to="/compare" search={{ ids: id }}>
          Compare
        </ButtonLink>
      }
    >
      {data ? <Content provider={data} /> : <ContentPlace />}
    </Page>
  )
}

function Badges({ provider }: { provider: ProviderDetail }) {
  return (
    <span className="flex flex-wrap gap-1.5 text-sm font-normal tracking-normal">
      <LevelBadge level={provider.level} />
      <ProviderStateBadge state={provider.state} />
      {!provider.collateralised && <Badge tone="bad">stake too small</Badge>}
    </span>
  )
}

function Content({ provider }: { provider: ProviderDetail }) {
  const { data, error, refetch } = useQuery(providerErasQuery(provider.id))
  return (
    <>
      <KeyFigures provider={provider} newest={data?.items[0]} />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <ScoreCard provider={provider} eras={data?.items} error={error} retry={() => void refetch()} />
          <Capacity provider={provider} />
          <EraHistory id={provider.id} eras={data?.items} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Identity provider={provider} />
          <Incidents incidents={provider.incidents} total={countText(provider.incidentCount)} />
          <ProviderMatches id={provider.id} />
        </div>
      </div>
    </>
  )
}

function ContentPlace() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-5">
      <Skeleton className="h-24 w-full rounded-xl" />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <Skeleton className="h-[30rem] w-full rounded-xl" />
        <Skeleton className="h-80 w-full rounded-xl" />
      </div>
    </div>
  )
}
