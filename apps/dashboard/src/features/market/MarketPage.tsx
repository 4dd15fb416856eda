import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Boxes } from 'lucide-react'
import { classesQuery } from '../../shared/api/queries.ts'
import { useTitle } from '../../shared/hooks/useTitle.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { ClassCard } from './ClassCard.tsx'
import { ClassDetail } from './ClassDetail.tsx'
import { EraCard } from './EraCard.tsx'
import { Intro } from './Intro.tsx'
import { OnlyClass } from './OnlyClass.tsx'
import { RecentMatches } from './RecentMatches.tsx'

/** The market: what units cost, who asks and offers, what just matched, and what the monitors agreed on. */
export function MarketPage() {
  useTitle('Market')
  return (
    <div className="flex flex-col gap-5">
      <Intro />
      <Classes />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <RecentMatches />
        <EraCard />
      </div>
    </div>
  )
}

function Classes() {
  const { class: wanted } = useSearch({ from: '/' })
  const { data, error, refetch } = useQuery(classesQuery)
  if (error && !data)
    return (
      <Card>
        <ErrorState error={error} title="The resource classes could not be read" retry={() => void refetch()} />
      </Card>
    )
  if (!data) return <ClassesPlace />
  const selected = data.items.find((item) => item.name === wanted) ?? data.items[0]
  if (!selected)
    return (
      <Card>
        <EmptyState icon={Boxes} title="Nothing is sold here yet">
          Governance lists resource classes, and providers commit units to them.
        </EmptyState>
      </Card>
    )
  return (
    <>
      {data.items.length === 1 ? (
        <OnlyClass resource={selected} />
      ) : (
        <nav
          aria-label="Resource classes"
          className="grid gap-3 sm:grid-cols-2 xl:grid-cols-[repeat(auto-fit,minmax(18rem,1fr))]"
        >
          {data.items.map((item) => (
            <ClassCard key={item.id} resource={item} selected={item === selected} />
          ))}
        </nav>
      )}
      <ClassDetail key={selected.id} resource={selected} />
    </>
  )
}

function ClassesPlace() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-5">
      <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        <Skeleton className="h-[153px] w-full rounded-xl" />
        <Skeleton className="hidden h-[153px] w-full rounded-xl sm:block" />
        <Skeleton className="hidden h-[153px] w-full rounded-xl xl:block" />
      </div>
      <Skeleton className="h-[380px] w-full rounded-xl" />
    </div>
  )
}
