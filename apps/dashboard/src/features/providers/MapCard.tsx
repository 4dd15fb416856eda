import { Suspense } from 'react'
import { Card } from '../../shared/ui/Card.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'

// The borders of the world come after everything else.
const WorldMap = lazyPart(() => import('./WorldMap.tsx').then((part) => part.WorldMap))

export type MapCardProps = {
  countries: readonly { country: string; providers: number }[]
  loading: boolean
  selected: string | undefined
  onSelect: (country: string | undefined) => void
}

/** Where providers are, as they say. */
export function MapCard({ countries, loading, selected, onSelect }: MapCardProps) {
  return (
    <Card title="Where they are" hint="The countries that providers name; choose one to list its providers">
      <div className="aspect-[960/440] w-full">
        {loading ? (
          <Skeleton className="h-full w-full rounded-lg" />
        ) : (
          <Suspense fallback={<Skeleton className="h-full w-full rounded-lg" />}>
            <WorldMap countries={countries} selected={selected} onSelect={onSelect} />
          </Suspense>
        )}
      </div>
    </Card>
  )
}
