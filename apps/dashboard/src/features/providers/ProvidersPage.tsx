import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Server } from 'lucide-react'
import { useState } from 'react'
import { providersQuery } from '../../shared/api/queries.ts'
import { Button } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { LoadMore } from '../../shared/ui/LoadMore.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { byCountry } from './figures.ts'
import { LevelsCard } from './LevelsCard.tsx'
import { MapCard } from './MapCard.tsx'
import { ProviderFilters } from './ProviderFilters.tsx'
import { ProvidersTable } from './ProvidersTable.tsx'
import { MOST_COMPARED, type ProvidersSearch } from './search.ts'

/** Who sells here: where, for how much, and how far each is to be trusted. */
export function ProvidersPage() {
  const filter = useSearch({ from: '/providers' })
  const navigate = useNavigate({ from: '/providers' })
  const all = useInfiniteQuery(providersQuery())
  const found = useInfiniteQuery(providersQuery(filter))
  const [chosen, choose] = useState<readonly string[]>([])
  const everybody = all.data?.pages.flatMap((page) => page.items)
  const providers = found.data?.pages.flatMap((page) => page.items)
  const countries = byCountry(everybody ?? [])
  const toggle = (id: string) =>
    choose((ids) => (ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id].slice(-MOST_COMPARED)))
  return (
    <Page
      title="Providers"
      lead="Who rents out computers here. Scores come from reports that monitors signed, stake and capacity from the chain."
      actions={
        <ButtonLink
          to="/compare"
          search={chosen.length > 0 ? { ids: chosen.join(',') } : {}}
          look={chosen.length > 1 ? 'primary' : 'secondary'}
        >
          {chosen.length > 0 ? `Compare ${chosen.length}` : 'Compare'}
        </ButtonLink>
      }
    >
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <MapCard
          countries={countries}
          loading={!everybody}
          selected={filter.country}
          onSelect={(country) =>
            void navigate({ search: withCountry(filter, country), replace: true, resetScroll: false })
          }
        />
        <LevelsCard providers={everybody} />
      </div>
      <Card flush className="overflow-hidden">
        <ProviderFilters filter={filter} countries={countries.map(({ country }) => country)} />
        {found.error && !providers ? (
          <ErrorState error={found.error} title="The providers could not be read" retry={() => void found.refetch()} />
        ) : !providers ? (
          <SkeletonRows rows={8} />
        ) : providers.length === 0 ? (
          <NoProviders filtered={Object.keys(filter).length > 0} onClear={() => void navigate({ search: {} })} />
        ) : (
          <>
            <ProvidersTable providers={providers} resource={filter.class ?? 'cu'} chosen={chosen} onToggle={toggle} />
            <LoadMore {...found} />
          </>
        )}
      </Card>
    </Page>
  )
}

function withCountry({ country: _old, ...others }: ProvidersSearch, country: string | undefined): ProvidersSearch {
  return country === undefined ? others : { ...others, country }
}

function NoProviders({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered)
    return (
      <EmptyState
        icon={Server}
        title="No provider is like that"
        actions={
          <Button size="small" onClick={onClear}>
            Show all
          </Button>
        }
      >
        Take away a condition to see more.
      </EmptyState>
    )
  return (
    <EmptyState
      icon={Server}
      title="Nobody sells here yet"
      actions={
        <ButtonLink to="/desk" size="small" look="primary">
          Sell capacity
        </ButtonLink>
      }
    >
      A provider is one command on a computer that is at hand: <code>tender provider start</code>.
    </EmptyState>
  )
}
