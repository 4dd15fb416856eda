import { useInfiniteQuery, useQueries } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Columns3 } from 'lucide-react'
import { providerErasQuery, providerQuery, providersQuery } from '../../shared/api/queries.ts'
import { countryName } from '../../shared/format/country.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { CompareScores } from './CompareScores.tsx'
import { CompareTable } from './CompareTable.tsx'
import { MOST_COMPARED, readIds } from './search.ts'

const NONE = ''

/** Up to four providers side by side. */
export function ComparePage() {
  const ids = readIds(useSearch({ from: '/compare' }).ids ?? '')
  const navigate = useNavigate({ from: '/compare' })
  const details = useQueries({ queries: ids.map(providerQuery) })
  const histories = useQueries({ queries: ids.map(providerErasQuery) })
  const change = (next: readonly string[]) =>
    void navigate({ search: next.length > 0 ? { ids: next.join(',') } : {}, replace: true, resetScroll: false })
  const providers = details.flatMap(({ data }) => data ?? [])
  const failed = details.find(({ error, data }) => error && !data)
  return (
    <Page
      title="Compare providers"
      lead="Scores, prices, stake and incidents side by side."
      actions={ids.length < MOST_COMPARED && <AddProvider ids={ids} onAdd={(id) => change([...ids, id])} />}
    >
      {failed && (
        <Card>
          <ErrorState error={failed.error} title="One of them could not be read" retry={() => void failed.refetch()} />
        </Card>
      )}
      {ids.length === 0 ? (
        <Card>
          <EmptyState icon={Columns3} title="Choose providers to compare">
            Add up to four above, or tick them in the list of providers.
          </EmptyState>
        </Card>
      ) : details.some((detail) => detail.isPending) ? (
        <Card flush>
          <SkeletonRows rows={9} />
        </Card>
      ) : (
        <>
          <CompareTable providers={providers} onRemove={(id) => change(ids.filter((one) => one !== id))} />
          <CompareScores ids={ids} eras={histories.map(({ data }) => data?.items)} />
        </>
      )}
    </Page>
  )
}

function AddProvider({ ids, onAdd }: { ids: readonly string[]; onAdd: (id: string) => void }) {
  const { data } = useInfiniteQuery(providersQuery())
  const others = (data?.pages ?? []).flatMap((page) => page.items).filter(({ id }) => !ids.includes(id))
  return (
    <Select
      aria-label="Add a provider"
      value={NONE}
      className="w-64"
      options={[
        { value: NONE, label: 'Add a provider…' },
        ...others.map(({ id, country, level }) => ({
          value: id,
          label: `#${id}, ${countryName(country)}, level ${level}`,
        })),
      ]}
      onValueChange={(id) => id !== NONE && onAdd(id)}
    />
  )
}
