import type { ProviderEra } from '@tender/api'
import { Suspense } from 'react'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'

const ScoreChart = lazyPart(() => import('./ScoreChart.tsx').then((part) => part.ScoreChart))
const HEIGHT = 260
const colours = ['bg-accent', 'bg-demand', 'bg-good', 'bg-bad']

/** The scores of several providers in one picture. `eras`: of each of `ids`, the newest first. */
export function CompareScores({
  ids,
  eras,
}: {
  ids: readonly string[]
  eras: readonly (readonly ProviderEra[] | undefined)[]
}) {
  const series = ids.map((id, index) => ({ name: `#${id}`, eras: (eras[index] ?? []).toReversed() }))
  const loading = eras.some((one) => one === undefined)
  const place = <Skeleton className="h-[260px] w-full rounded-lg" />
  return (
    <Card
      title="Score over eras"
      actions={
        <ul className="flex flex-wrap gap-3 text-[13px] text-muted">
          {ids.map((id, index) => (
            <li key={id} className="flex items-center gap-1.5">
              <span className={`size-2 rounded-full ${colours[index]}`} aria-hidden /> #{id}
            </li>
          ))}
        </ul>
      }
    >
      {loading ? (
        place
      ) : series.every((one) => one.eras.length === 0) ? (
        <EmptyState title="No report speaks of them yet" />
      ) : (
        <Suspense fallback={place}>
          <ScoreChart series={series} height={HEIGHT} />
        </Suspense>
      )}
    </Card>
  )
}
